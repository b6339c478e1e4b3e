# Reads {"jwk"}, one public or private JWK; prints {"type"} of the key, or {"error"}.
import json
import sys

from jwt.algorithms import ECAlgorithm, RSAAlgorithm

jwk = json.load(sys.stdin)["jwk"]
algorithm = {"EC": ECAlgorithm, "RSA": RSAAlgorithm}[jwk["kty"]]
try:
    answer = {"type": type(algorithm.from_jwk(json.dumps(jwk))).__name__}
except Exception as error:
    answer = {"error": str(error)}
json.dump(answer, sys.stdout)
