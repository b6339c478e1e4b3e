# Reads {"jwks", "token", "audience", "now"}; prints {"kids"} with {"claims"} or {"error"}.
import json
import sys

import jwt

question = json.load(sys.stdin)
answer = {}
try:
    keys = jwt.PyJWKSet.from_json(question["jwks"])
    answer["kids"] = [key.key_id for key in keys.keys]
    if question.get("token"):
        kid = jwt.get_unverified_header(question["token"])["kid"]
        answer["claims"] = jwt.decode(
            question["token"],
            keys[kid].key,
            algorithms=["ES256", "RS256"],
            audience=question.get("audience"),
        )
except Exception as error:
    chain = []
    while error is not None:
        chain.append(str(error))
        error = error.__context__
    answer["error"] = ": ".join(chain)
json.dump(answer, sys.stdout)
