"""What every case uses: a client, services of one's own, and a check that says what it saw."""
# pylint: disable=unused-import
import json
import os
import subprocess
import sys
import time
import uuid

import cbor2

from .check import Check
from .client import Client, Closed, Refused, refusal
from .sale import (available, checkout, euro, event, now_ms, purchase, settle, signed,
                   violations, webhook_secret)
from .server import Postgres
from .settings import ADDRESS, CREDENTIALS, EXECUTABLES
from .suite import FakeClock, Suite, free_ports, in_hosts
