# Reads {"token", "issuer", "audience", "cache", "ca" or "jwks"}; prints {"acls"} or {"error"}.
import ctypes
import json
import sys

library = ctypes.CDLL("libSciTokens.so.0")


class Acl(ctypes.Structure):
    _fields_ = [("authz", ctypes.c_char_p), ("resource", ctypes.c_char_p)]


library.enforcer_create.restype = ctypes.c_void_p


def strings(values):
    return (ctypes.c_char_p * (len(values) + 1))(*[v.encode() for v in values], None)


def call(function, *arguments):
    message = ctypes.c_char_p()
    result = getattr(library, function)(*arguments, ctypes.byref(message))
    failed = not result if function == "enforcer_create" else result != 0
    if failed:
        raise RuntimeError((message.value or b"no message").decode())
    return result


question = json.load(sys.stdin)
issuer = question["issuer"].encode()
try:
    call("scitoken_config_set_str", b"keycache.cache_home", question["cache"].encode())
    if "ca" in question:
        call("scitoken_config_set_str", b"tls.ca_file", question["ca"].encode())
    if "jwks" in question:
        call("keycache_set_jwks", issuer, question["jwks"].encode())
    token = ctypes.c_void_p()
    allowed = strings([question["issuer"]])
    call("scitoken_deserialize", question["token"].encode(), ctypes.byref(token), allowed)
    enforcer = ctypes.c_void_p(call("enforcer_create", issuer, strings(question["audience"])))
    acls = ctypes.POINTER(Acl)()
    call("enforcer_generate_acls", enforcer, token, ctypes.byref(acls))
    found = []
    while acls[len(found)].authz:
        acl = acls[len(found)]
        found.append(f"{acl.authz.decode()}:{acl.resource.decode()}")
    answer = {"acls": found}
except RuntimeError as error:
    answer = {"error": str(error)}
json.dump(answer, sys.stdout)
