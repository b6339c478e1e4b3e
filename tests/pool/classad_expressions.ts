/**
 * Expressions that probe every corner of the language once.
 */

/** One expression per line, as it stands behind `v =` in an ad. */
export const EXPRESSIONS: readonly string[] = String.raw`
0x
1.
1.e5
.5
1e5
1e
1.5e+
1E-3
9223372036854775807
1.0
0.0
5K
5M
5G
5B
5KB
"a" "b"
"a" /*c*/ "b"
"\q"
"\101"
"\400"
"\0"
"\000x"
"\8"
"\18"
"\303\251"
"é"
'a b'
''
'a' 'b'
"abc
"a'b"
'a"b'
TRUE
undefined
error
t
f
a.b
[a=1].a
{1,2}[1]
{1,2}[5]
{1,2}[-1]
{1,2}["a"]
[a=1]["a"]
1 ? 2 : 3
true ?: 3
undefined ?: 3
error ?: 3
0 ?: 3
1 is 1.0
1 =?= 1.0
1 == 1.0
"A" == "a"
"A" =?= "a"
true == 1
true + 1
true < 2
"a" < "B"
"1" + 1
1/0
1%0
5/2
-5/2
-5%3
5.0/0
1.0%2
7.5 % 2
5 & 3
5.0 & 3
~5
!5
!0
!"a"
-true
-"a"
+5
+"a"
1 << 70
1 << -1
-1 >> 1
-1 >>> 1
true && undefined
false && undefined
undefined && false
error && false
false && error
true || error
error || true
1 && 1
"a" && true
undefined || true
{1} == {1}
{1} =?= {1}
[a=1] =?= [a=1]
[a=1] == [a=1]
undefined == 1
undefined =?= undefined
error =?= error
error == error
9223372036854775807 + 1
-9223372036854775808 / -1
1 isnt 2
1 is not 2
1 = 2
1 =!= 2
1 != 2
1 === 2
1 !== 2
{}
{,}
{1,}
[]
[a=1;]
[;a=1]
[a=1;;b=2]
[a=1,b=2]
[a=1 b=2]
[a=1;a=2].a
[a=1;A=2].a
1 + 2 * 3 - 4
1 < 2 < 3
2 ** 3
f(1)
strcat("a",1,2.5,true,undefined)
strcat("a",1,2.5,true)
a
MY.a
TARGET.a
parent.a
[a=1; b=[a=2; c=parent.a]].b.c
[a=1; b=[c=a]].b.c
[a=1;b=MY.a].b
[a=1;b=[c=MY.a]].b.c
[a=1;b=[]].b.a
[a=1;b=self].b
[a=1;b=TARGET.a].b
{1+1, a, 1/0}
[x={1+1,y};y=7].x
size({error})
[a={a}].a
{[a=1],[a=2]}.a
{[a=1],[b=2]}.a
f(1,)
size({1},)
[;]
[a=1;;]
"a\1" "01"
stringListMember("a","a,b")
stringListSize("a, b")
split("a b,c")
split("a:b",":")
splitUserName("a@b")
splitSlotName("slot1@m")
join(",",{"a","b"})
join(",","a","b")
join({"a","b"})
join(",",1,2)
stringListSum("1,2")
stringListAvg("1,2")
stringListMin("1,2")
stringListMax("1,2")
stringListIMember("A","a,b")
stringListSubsetMatch("a","a,b")
stringListISubsetMatch("A","a,b")
stringListRegexpMember("a.","ab,c")
stringListsIntersect("a,b","b,c")
evalInEachContext(a,{[a=1]})
countMatches(a,{[a=1]})
each(a,{[a=1]})
anyCompare("<",{1,2},2)
allCompare("<",{1,2},2)
regexp("a","cab")
regexps("(a)b","cab","x\1")
replace("a","cac","x")
replaceall("a","cac","x")
regexpMember("a",{"b","a"})
interval(100000)
versioncmp("1.10","1.9")
versionGT("1.10","1.9")
version_gt("1.10","1.9")
version_in_range("1.5","1.0","2.0")
versionLE("1.10","1.9")
versionle("1.10","1.9")
quantize(7,4)
pow(2,3)
pow(2,-1)
round(2.5)
ceil(2.1)
ceiling(2.1)
floor(-2.1)
abs(-2)
sqrt(2)
absTime("2020-01-01T00:00:00Z")
absTime(0)
relTime(100)
formatTime(0,"%Y")
splitTime(0)
string(relTime(100.5))
string(absTime("2020-01-01T00:00:00+01:00"))
string({1,"a",{2},[b=3]})
string(1.0)
string(true)
string("a\"b")
int("12abc")
int(" 12")
int(1.9)
int(-1.9)
int(true)
int("1.5e3")
real("1.5")
real("INF")
real("NaN")
real("abc")
bool("true")
bool("t")
bool(0)
bool(1.5)
size("é")
substr("abcdef",-2)
substr("abcdef",1,-1)
substr("abcdef",10)
substr("abc",-10)
toUpper("aé")
strcmp("a","b")
stricmp("A","a")
sum({1,2.5})
sum({})
avg({1,2})
avg({})
min({})
max({1,2.0})
sum({1,"a"})
sum({1,undefined})
member(1,{1.0,2})
member("A",{"a"})
identicalMember("A",{"a"})
isUndefined(a)
isError(1/0)
isList({})
isClassAd([])
isBoolean(true)
isAbsTime(absTime("2020-01-01"))
isRelTime(relTime(5))
eval("1+1")
eval("1+")
ifThenElse(undefined,1,2)
ifThenElse("a",1,2)
ifThenElse(1,2,error)
debug(1)
time(1)
getYear(absTime("2020-01-01T00:00:00Z"))
timezoneoffset()
base64Encode("a")
base64Decode("YQ==")
toupper(1.5)
strcat()
ifthenelse(1,2)
min({1,2},3)
[a=1]=?=[a=1]
"a" == 1
"a" =?= 1
{} == 1
1 == undefined
undefined =!= 1
true =?= 1
1.0 =?= 1.0
"abc" < "abd"
0.1+0.2
1.5 ? 2 : 3
"a" ? 2 : 3
undefined ? 2 : 3
9223372036854775807*2
5 >> 65
5 << 64
-5 >> 70
-5 >>> 70
-5 % -3
1.0 && true
true || 1/0
"b" || true
undefined && "a"
undefined || undefined
undefined && true
false || 1
true && 5
true && 0
!undefined
!error
-undefined
~undefined
~1.5
+true
1 is undefined
a.b.c
1.a
"a".b
undefined.b
error.b
[a=[b=2]].a.b
[a=[b=2]]["a"]["b"]
[a=1]["b"]
[a=1][0]
{1,2}[1.0]
{1,2}[true]
{{1},{2}}[1][0]
{1,2}[undefined]
int("5K")
int("abc")
int("")
int("9007199254740993")
int("9007199254740993.0")
int("-5.9")
int(relTime(5))
int(absTime(5))
int({})
int("1.5M")
int("true")
int("+5")
int("5 ")
int("5 x")
int("5KB")
real("5K")
real("")
real(true)
real(5)
real("-INF")
real(relTime(5))
real("5 ")
real("5x")
string(undefined)
string(error)
string([a=1])
bool("FALSE")
bool("")
bool({})
bool("1")
round(-2.5)
round(0.5)
round(1.5)
floor("1.5")
floor("x")
floor(undefined)
floor(true)
floor({})
ceil(-0.5)
pow(2,0.5)
pow(2.0,3)
pow("2",3)
pow(-2,0.5)
pow(0,-1)
pow(undefined,1)
quantize(3,{2,4,8})
quantize(9,{2,4,8})
quantize(9,{})
quantize(3.5,2)
quantize(3,1.5)
quantize(3,0)
quantize(-3,2)
quantize(3,-2)
quantize(3,"x")
quantize("x",3)
quantize(3,{2.5,"x"})
quantize(3,{"x"})
quantize(undefined,2)
quantize(3,undefined)
quantize(7,{4})
sum("a")
sum({true})
sum(undefined)
avg({1,"a"})
min({3,1,2})
min({"a","b"})
min({1,undefined})
max({1,1.0})
max({1.0,1})
avg({undefined})
sum({1,error})
min({true,0})
anyCompare("<",{1,undefined,5},2)
anyCompare("<",{undefined,1},2)
allCompare("<",{undefined,1},2)
anyCompare("<",{"a",1},2)
anyCompare("<=",{3,2},2)
anyCompare("=?=",{1},1)
anyCompare("is",{1},1)
anyCompare("ISNT",{1},1)
anyCompare("<",{1},undefined)
allCompare("==",{},1)
anyCompare("==",{},1)
anyCompare("x",{},1)
anyCompare(undefined,{},1)
anyCompare("<","a",1)
anyCompare("<",undefined,1)
member(undefined,{1})
member(1,undefined)
member(1,{undefined})
member(1,"a")
member("a","a,b")
member({},{1})
member(error,{1})
identicalMember(undefined,{undefined})
identicalMember(error,{error})
identicalMember(1,{1.0})
member(1,{error,1})
member(1,{error})
member(true,{1})
size(5)
size(undefined)
size([a=1;b=2])
size("")
split("")
split("a,,b")
split("a,,b",",")
split(" a b ")
split("a;b:c",";:")
split(5)
split(undefined)
split("a", 5)
split("a",undefined)
split("abc","")
join(",",{})
join(",",{1,"a",2.5,true})
join(",",{undefined,"a"})
join(",",{error})
join(undefined,{"a"})
join(",",undefined)
join(",")
join()
join({})
join(",",{{1}})
join("a",{"b"},"c")
strcat({1})
strcat([a=1])
strcat(error)
strcat(relTime(5))
strcmp("a",1)
strcmp("b","a")
strcmp("é","z")
stricmp(undefined,"a")
strcmp("a",error)
strcmp({},"a")
stricmp("ab","AC")
substr("abc",1,0)
substr("abc",-2,-1)
substr("abc",0,-5)
substr("abc",5,-5)
substr("abc",-5,2)
substr("abc",1.0)
substr(5,1)
substr("abc",undefined)
toUpper(undefined)
toLower({"A"})
toLower(TRUE)
toLower("É")
replace("a+","caaad","x")
replace("(a)(b)","cabd","\2\1")
replace("(a)(b)","cabd","\\2\\1")
replaceAll("a","banana","o")
replaceAll("a*","baac","x")
replaceAll("","abc","x")
regexps("(a)(b)","cabd","\\2\\1\\0")
regexps("(a)(b)","cabd","\\2x","f")
regexps("a","banana","o","g")
regexps("a","banana","o","fg")
regexps("x","banana","o")
replace("x","banana","o")
regexps("A","banana","o","i")
regexp("A","banana")
regexp("A","banana","i")
regexp("^b.*a$","banana")
regexp("(","banana")
regexp("a.b","a\nb")
regexp("a.b","a\nb","s")
regexp("^b","a\nb")
regexp("^b","a\nb","m")
regexp("a b","ab","x")
regexp(undefined,"a")
regexp("a",undefined)
regexp("a",5)
regexp("a","a",undefined)
regexp("a","a",5)
regexp("\\d","a1")
regexp("[[:digit:]]","a1")
regexp("(?i)A","a")
regexp("(?<n>a)\\k<n>","aa")
regexp("a++","aa")
regexp("(?>a)","a")
regexp("\\Aa\\z","a")
regexp("\\h","a ")
regexp("é","é")
regexp("^.$","é")
regexp("","")
regexpMember("a",{undefined,"a"})
regexpMember("a",{undefined,"b"})
regexpMember("a",{5,"a"})
regexpMember("a",{"a",5})
regexpMember("A",{"a"},"i")
regexpMember("a",undefined)
regexpMember("a","a")
stringListMember("a",undefined)
stringListMember("a","A,b")
stringListMember(" a","a,b")
stringListMember("a"," a , b ")
stringListMember("a","a;b",";")
stringListMember(5,"5")
stringListMember("","a,,b")
stringListMember("a b","a b,c",",")
stringListSize("")
stringListSize(",,a,")
stringListSize("a b c")
stringListSize(undefined)
stringListSize(5)
stringListSum("")
stringListSum("1,2.5")
stringListSum("1,x")
stringListAvg("1,2,4")
stringListAvg("1.0,2")
stringListAvg("")
stringListMin("")
stringListMin("2,1.5")
stringListMax("x")
stringListMax("2;3",";")
stringListSubsetMatch("a,b","b,a,c")
stringListSubsetMatch("a,z","b,a,c")
stringListSubsetMatch("","a")
stringListSubsetMatch("a","")
stringListISubsetMatch("A","a")
stringListSubsetMatch("a;b","a;b",";")
stringList_regexpMember("a.","ab,c")
stringList_regexpMember("a.","ab,c",",","i")
stringList_regexpMember("A.","ab,c",",","i")
stringList_regexpMember("A.","ab,c"," ,","i")
stringList_regexpMember("a.","")
stringListsIntersect("a,b","c")
stringListsIntersect("A","a")
stringListsIntersect("a;b","b",";")
stringListsIntersect("a",undefined)
stringListIMember("A","a")
splitUserName("a")
splitUserName("a@b@c")
splitUserName("")
splitUserName(5)
splitSlotName("slot1")
splitSlotName("a@b@c")
evalInEachContext(a+1,{[a=1],[b=2],5})
evalInEachContext(a,[a=1])
evalInEachContext(a,undefined)
countMatches(a,{[a=1],[a=2],[a=0],[a=true],[b=1],5})
countMatches(a,[a=1])
countMatches(undefined,{})
replace("a","b")
formatTime(0)
formatTime("a")
formatTime(1.5,"%S")
formatTime(relTime(5),"%S")
formatTime(absTime("2020-01-01T10:00:00+02:00"),"%H")
formatTime(undefined)
formatTime(0,5)
splitTime(absTime("2020-01-01T10:00:00+02:00"))
splitTime(relTime(100000.5))
splitTime(1.5)
splitTime("a")
splitTime(undefined)
getYear(5)
getYear(relTime(5))
getMonth(absTime("2020-03-04T05:06:07Z"))
getDayOfYear(absTime("2020-03-04T05:06:07Z"))
getDayOfMonth(absTime("2020-03-04T05:06:07Z"))
getDayOfWeek(absTime("2020-03-04T05:06:07Z"))
getDays(relTime(100000))
getHours(relTime(100000))
getMinutes(relTime(100000))
getSeconds(relTime(100000))
getHours(absTime("2020-03-04T05:06:07+02:00"))
getDays(absTime(0))
absTime("2020-03-04")
absTime("2020-03-04T05:06:07")
absTime("2020-03-04T05:06:07-0130")
absTime("20200304T050607Z")
absTime("garbage")
absTime("2020-13-04")
absTime(5,3600)
absTime(5.9)
absTime(relTime(5))
absTime(undefined)
absTime(true)
relTime(1.5)
relTime(absTime(7))
relTime(undefined)
relTime()
string(relTime(0))
string(relTime(0.5))
string(relTime(59.999))
string(relTime(3600))
string(relTime(86400))
string(relTime(-100))
string(relTime(-100000))
string(relTime(3661.25))
string(absTime(5,-3600))
string(absTime(5,5))
absTime(5)-absTime(3)
absTime(5)+relTime(3)
relTime(3)*2
relTime(3)/2
2*relTime(3)
2.5*relTime(3)
relTime(3)+1
absTime(5)<absTime(6)
absTime(5)<6
relTime(5)<6
relTime(5)==5
relTime(5) is relTime(5)
-relTime(5)
-absTime(5)
+absTime(5)
+relTime(5)
relTime(5) ? 1 : 2
!relTime(5)
interval(0)
interval(59)
interval(60)
interval(3600)
interval(-100)
interval(1.5)
interval("a")
interval("100")
interval(undefined)
versioncmp("1.2","1.10")
versioncmp("a","b")
versioncmp("1.02","1.2")
versioncmp("1.0","1.00")
versioncmp(1,2)
versioncmp("a",undefined)
versioncmp("10","9")
versioncmp("8.9.11","8.9.2")
versioncmp("abc","abcd")
versioncmp("1a","1b")
versioncmp("001","01")
versionEQ("1","1")
version_in_range("1","2","3")
version_in_range(undefined,"2","3")
version_in_range("1",undefined,"3")
eval(5)
eval("a")
eval("\"x\"")
eval(undefined)
eval("1 2")
eval("")
eval({1})
eval("[a=1].a")
unparse(1+1)
unparse("a")
debug(1/0)
debug()
isString()
isString(1,2)
isUndefined(undefined)
ifThenElse(true,1,1/0)
ifThenElse({},1,2)
ifThenElse(1.5,1,2)
ifThenElse(0.0,1,2)
ifThenElse(error,1,2)
sum({true,1})
sum({true,true})
sum({undefined,true})
sum({1,true,2.5})
min({true})
min({true,false})
min({2,1.0})
min({1,2.0})
max({true,0.5})
max({undefined})
avg({true,false})
avg({1})
avg({undefined,4})
max({1,"a"})
max({error})
min({relTime(5)})
sum({relTime(5)})
join(",",1,undefined)
join(undefined,1,2)
join(",",undefined,1)
join(5,{1,2})
join({1},{2})
join(error,{1})
join(",",{1,undefined,2})
join(undefined)
join(undefined,undefined)
join(",",error)
strcat(undefined,error)
strcat(error,undefined)
absTime("2020-01-01T00:00:00+0100")
absTime("2020-01-01 10:00:00")
absTime("2020/01/01")
absTime("2020-01-01T10")
absTime("2020-01-01T10:30")
absTime("2020-01-01Z")
absTime("20200101")
absTime(" 2020-01-01")
absTime("")
string(absTime("2020-01-01T00:00:00Z"))
string(absTime("2020-01-01T00:00:00-01:30"))
splitTime([a=1])
splitTime(true)
getYear(undefined)
getYear(error)
getHours(5)
formatTime(0,undefined)
formatTime(error)
formatTime(true)
formatTime(0,"")
formatTime(0,"%")
formatTime(-1,"%F %T")
formatTime(absTime(5,3600),"%T %z")
stringListMember("a","a,b",undefined)
stringListMember(undefined,"a")
stringListMember(error,"a")
stringListMember("a",error)
stringListMember("a")
stringListSize("a",5)
stringListSize(error)
stringListSum("1 2")
stringListSum(" 1 , 2 ")
stringListSum("1e3")
stringListSum("1.")
stringListSum("1a")
stringListSum("true")
stringListSum("-1,+2")
stringListAvg("1,2,2.0")
stringListMin("1,2.0")
stringListMin("x")
stringListSum(undefined)
stringListSubsetMatch(undefined,"a")
stringListSubsetMatch("a",undefined)
stringListsIntersect(undefined,"a")
stringListsIntersect("a b","b c")
stringListsIntersect("","")
stringListsIntersect("a",5)
stringList_regexpMember(undefined,"a")
stringList_regexpMember("a",undefined)
stringList_regexpMember("a","b,c")
stringList_regexpMember("a")
evalInEachContext(a)
countMatches(a)
countMatches(a,undefined)
countMatches(a,{[a=1.5]})
countMatches(error,{[a=1]})
evalInEachContext(parent,{[a=1]})
[b=7;c={[a=1]};d=evalInEachContext(a+b,c)].d
[a=1; b = {[c=a],[c=2]}.c].b
[a={1,2,3};b=a[0]].b
[a=[b=c]; c=5].a.b
[a=1].b
[a=1;b=a.c].b
[a=1;b=self.a].b
[a=1;b=[c=parent]].b.c.a
[a=1;b=[c=parent.parent]].b.c
[a=parent].a
[self=5;a=self].a
[parent=5;a=parent].a
[a=[x=1];b="x";c=a[b]].c
[a=1;b=a is undefined].b
[a=1]."a"
{1}.a
{}.a
{[a=1],5}.a
{undefined}.a
{error}.a
{[a=1;b={[a=2]}]}.b.a
[f=size({1,2})].f
1 ?: 2
(undefined) ?: 2
1 ? undefined : 2
error ? 1 : 2
true ? error : 2
true ? 1 : 2 ? 3 : 4
false ? 1 : false ? 3 : 4
1 ? 2 ? 3 : 4 : 5
undefined ?: undefined ?: 7
1 == 1 == 1
1 < 2 == true
1 | 2 ^ 3 & 1
1 + 2 << 3
-2 * -3
2 - -3
2 -3
2--3
!true == false
- - 5
-(5)
~-1
!!5
1 is 1 is true
a =?= b =!= c
{1,2} + 1
[a=1] + 1
{} && true
[] || true
{} ? 1 : 2
"a" + "b"
"a" < 1
true < false
true == "true"
true + true
true * 5
true / 2
1.5 + true
true & 1
-9223372036854775808 - 1
-9223372036854775808 % -1
9223372036854775807 + 1.0
9223372036854775807 == 9223372036854775806.0
0.0 / 0.0
0.0/0
-1.0/0
1.0/0
1/0.0
5 / -2
-0.0
0.0 == -0.0
0.0 is -0.0
real("NaN") == real("NaN")
real("NaN") != real("NaN")
real("NaN") is real("NaN")
real("NaN") < 1
real("NaN") ? 1 : 2
real("INF") == real("INF")
real("INF") + 1
real("INF") - real("INF")
regexps("(a)(x)?b","ab","<\\1|\\2|\\3>")
regexps("a","a","\\\\1")
regexps("a","a","\\x\\")
regexp("(?<=a)b","ab")
regexp("(?<!a)b","ab")
regexp("a{2,3}","caaa")
regexp("^a{2}$","aa")
regexp("a{,2}","a{,2}")
regexp("[]a]","]")
regexp("[^]a]","b")
regexp("[a-c-e]","-")
regexp("[\\d-z]","-")
regexp("\\bfoo\\b","a foo b")
regexp("(a|b)*c","ababc")
regexp("(a+)+$","aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")
regexp("a.*?b","axxb")
regexp("x*","")
regexp("a$","a\n")
regexp("a\\z","a\n")
regexp("a\\Z","a\n")
regexp("(?i:A)b","ab")
regexp("(?i:A)b","aB")
regexp("a(?#c)b","ab")
regexp("\\x41","A")
regexp("\\101","A")
regexp("\\q","q")
regexp("a**","a")
regexp("a|","")
regexp("()","")
regexp(")","")
regexp("[a","a")
regexp("a{3,2}","a")
regexp("(?:a","a")
regexp("\\N","\n")
regexp("[[:foo:]]","a")
regexp("[[:^digit:]]","1")
regexp("(a)\\1","aa")
regexp("(a)?\\1b","b")
replaceAll("(a)(b)?","abaa","[\\1\\2]")
replaceAll("^a","aaa","b")
replace("b","abc","")
regexps("b","abc","x","z")
regexp("é","É","i")
regexp("a\\nb","a\nb")
regexp("^a.c$","abc")
regexp("a?+a","a")
regexp("a*+a","aaa")
regexp("(?>a*)a","aaa")
regexp(".","\n","s")
regexp("^$","")
regexp("a b","ab")
regexp("a\\ b","a b","x")
`.split("\n").filter((line) => line !== "");
