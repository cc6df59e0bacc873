"""One file per model; ML runtimes are imported inside load() only.

Importing this package switches off the usage reports of two libraries, so nothing has to remember
it: pyannote.audio (file durations and speaker counts) and onnxruntime (which also keeps a database
of them under the user's cache folder).
"""

import os

os.environ["PYANNOTE_METRICS_ENABLED"] = "false"
os.environ["OTEL_SDK_DISABLED"] = "true"
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
