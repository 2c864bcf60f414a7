# Runs modules of ldap3's own tests, which are named by the arguments. Writes what became of each test as JSON: 'ok', 'skipped', or the end of its fault.
import json
import os
import signal
import sys
import unittest

SECONDS = 10


class Late(Exception):
    pass


def late(*_):
    raise Late('took longer than %d s' % SECONDS)


class Results(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.ends = {}

    def startTest(self, test):
        signal.alarm(SECONDS)

    def stopTest(self, test):
        signal.alarm(0)

    def end(self, test, text):
        self.ends.setdefault(test.id().removeprefix('test.').replace('.Test.', '.'), text)

    def addSuccess(self, test):
        self.end(test, 'ok')

    def addSkip(self, test, reason):
        self.end(test, 'skipped')

    def addFailure(self, test, fault):
        self.end(test, repr(fault[1]))

    addError = addFailure


signal.signal(signal.SIGALRM, late)
results = Results()
unittest.defaultTestLoader.loadTestsFromNames(['test.' + name for name in sys.argv[1:]])(results)
print()
print(json.dumps(results.ends))
sys.stdout.flush()
# Threads of connections that a failed test has left open would keep it.
os._exit(0)
