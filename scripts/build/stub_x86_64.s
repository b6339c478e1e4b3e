# Entry stub of a linked executable, x86-64. stub.ts holds its bytes; a test assembles this file
# and compares.
#
# The dynamic loader jumps here instead of to the program's own entry point, with rsp at
#     argc, argv[0] ... argv[argc-1], NULL, envp[0] ... NULL, auxv
# and rdx at its exit handler. The stub builds the same block anew below it: argv[0], the header's
# arguments, argv[0] once more (asking the runtime for it is slow), the rest of argv; the header's
# variables, and those inherited that are not to be dropped. It points the C library at the new
# environment and goes on to the program. The auxv stays where it is: only the loader reads it, and
# it has.
#
# Before that it leaves a working directory that has been removed, or that lies outside the root
# (lazily unmounted, say): the runtime refuses to start where there is none, although our programs
# are content with absolute paths. "/" is taken instead.
#
# Header, 64-bit words at the start of the segment; "offset" is from there:
#      0  old entry point          offset, may be negative
#      8  pointer to `environ`     offset of the slot that the loader has filled in
#     16  number of arguments, at least 1
#     24  number of variables, at least 1
#     32  names to keep            offset; strings, the list ends with an empty one
#     40  names to drop            offset; the same
#     48  pointers                 offset; offsets of the argument strings, then of the variables
#     56  (unused)
        .intel_syntax noprefix
        .equ    HEADER, start - 64
        .equ    PATH_MAX, 4096

start:
        sub     rsp, PATH_MAX
        mov     rdi, rsp
        mov     esi, PATH_MAX
        mov     eax, 79                 # getcwd
        syscall
        cmp     rax, -2                 # ENOENT
        je      nowhere
        test    rax, rax                # another error is not the directory's, only a long path's
        js      somewhere
        cmp     byte ptr [rsp], '/'     # else "(unreachable)"
        je      somewhere
nowhere:
        lea     rdi, [rip + root]
        mov     eax, 80                 # chdir
        syscall
somewhere:
        add     rsp, PATH_MAX

        lea     rbx, [rip + HEADER]
        mov     rsi, rsp
        mov     rcx, [rbx + 16]
        mov     r8, [rbx + 24]
        lea     rax, [rcx + r8 + 1]
        shl     rax, 3
        sub     rsp, rax
        and     rsp, -16
        mov     rdi, rsp
        cld

        lodsq                           # argc
        test    rax, rax
        jz      no_name
        mov     r9, rax
        lea     rax, [rax + rcx + 1]
        stosq
        mov     rbp, [rsi]
        movsq                           # argv[0]
        mov     r10, [rbx + 48]
        add     r10, rbx
argument:
        mov     rax, [r10]
        add     r10, 8
        add     rax, rbx
        stosq
        dec     rcx
        jnz     argument
        mov     rax, rbp
        stosq
        mov     rcx, r9                 # argv[1] ... NULL
        rep movsq

        mov     r11, rdi
variable:
        mov     rax, [r10]
        add     r10, 8
        add     rax, rbx
        stosq
        dec     r8
        jnz     variable
inherited:
        lodsq
        test    rax, rax
        jz      done
        mov     r12, [rbx + 32]
        call    match
        je      keep
        mov     r12, [rbx + 40]
        call    match
        je      inherited
keep:
        stosq
        jmp     inherited
done:
        stosq

        mov     rax, [rbx + 8]
        mov     rax, [rbx + rax]
        mov     [rax], r11
        xor     ebp, ebp
        mov     rax, [rbx]
        add     rax, rbx
        jmp     rax

# Whether the string at rax starts with one of the strings at offset r12: equal if it does.
match:
        add     r12, rbx
next:
        cmp     byte ptr [r12], 0
        je      none
        xor     ecx, ecx
compare:
        mov     r13b, [r12 + rcx]
        test    r13b, r13b
        jz      found
        cmp     r13b, [rax + rcx]
        jne     skip
        inc     rcx
        jmp     compare
skip:
        inc     r12
        cmp     byte ptr [r12 - 1], 0
        jne     skip
        jmp     next
none:
        inc     ecx                     # not equal: rcx is never -1 here
found:
        ret

# Started without even a name (old kernels allow it): nothing sensible can follow.
no_name:
        mov     edi, 127
        mov     eax, 231                # exit_group
        syscall

root:   .asciz  "/"
