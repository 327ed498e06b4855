"""Read the digit in a picture: python examples/client.py seven.png"""

import json
import sys
from pathlib import Path
from urllib.request import Request, urlopen

picture = Path(sys.argv[1])
kind = "image/jpeg" if picture.suffix in (".jpg", ".jpeg") else "image/png"
request = Request("http://127.0.0.1:8000/predict", picture.read_bytes(), {"Content-Type": kind})
print(json.load(urlopen(request))["prediction"])
