#!/usr/bin/env python3
"""Control of the include scan: each planted violation must be reported, and the clean tree must not be."""

import pathlib
import shutil
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from include_scan import Scan  # noqa: E402

CLEAN = {
    "libs/base/include/mainstay/base/result.h": "#include <string>\n#include <tl/expected.hpp>\n",
    "libs/domain/vocabulary/include/mainstay/vocabulary/ids.h": '#include "mainstay/base/result.h"\n',
    "libs/domain/risk/include/mainstay/risk/model.h": '#include "mainstay/vocabulary/ids.h"\n',
    "libs/domain/cadence/src/plan.cc": '#include "mainstay/risk/model.h"\n#include <chrono>\n',
    "libs/stream/include/mainstay/stream/ports.h": '#include "mainstay/base/result.h"\n',
    "libs/stream_sim/include/mainstay/stream_sim/sim_log.h": '#include "mainstay/stream/ports.h"\n',
    "libs/domain/cadence/include/mainstay/cadence/plan.h": '#include "mainstay/risk/model.h"\n',
    "libs/stream_rocksdb/include/mainstay/stream_rocksdb/store.h": '#include "mainstay/stream/ports.h"\n',
    "libs/stream_rocksdb/src/store.cc": "#include <rocksdb/db.h>\n",
    "libs/stream/tests/loop_test.cc": '#include "mainstay/stream_sim/sim_log.h"\n',
    "libs/wire/src/touch.cc": '#include "mainstay/event/v1/touch.pb.h"\n',
    "libs/app/include/mainstay/app/run.h": "#include <string>\n",
    "services/cadence/processor.h": '#include "mainstay/stream/ports.h"\n',
    "services/cadence/processor.cc": '#include "processor.h"\n',
    "services/segmentation/topology.h": "#include <string>\n",
    "services/mainstay/main.cc": '#include "services/cadence/processor.h"\n',
    "services/mainstay/embedded.cc": '#include "mainstay/stream_rocksdb/store.h"\n',
}
# One line for each rule: the file that breaks it, the include, a word the message must have.
PLANTED = [
    ("libs/base/src/x.cc", '#include "mainstay/vocabulary/ids.h"', "vocabulary"),
    ("libs/domain/risk/src/x.cc", '#include "mainstay/cadence/plan.h"', "layer cadence"),
    ("libs/domain/risk/src/x.cc", '#include "mainstay/nowhere/plan.h"', "belongs to no library"),
    ("libs/domain/vocabulary/src/x.cc", '#include "mainstay/risk/model.h"', "layer risk"),
    ("libs/domain/risk/src/x.cc", '#include "mainstay/stream/ports.h"', "layer stream"),
    ("libs/domain/risk/src/x.cc", '#include "mainstay/event/v1/touch.pb.h"', "proto_event"),
    ("libs/domain/cadence/src/x.cc", "#include <google/protobuf/message.h>", "dep:protobuf"),
    ("libs/domain/cadence/src/x.cc", "  #  include <thread>", "pure"),
    ("libs/domain/notification/src/x.cc", "#include <fstream>", "pure"),
    ("libs/domain/segmentation/src/x.cc", "#include <unistd.h>", "header:posix"),
    ("libs/domain/segmentation/src/x.cc", "#include <spdlog/spdlog.h>", "dep:spdlog"),
    ("libs/wire/src/x.cc", '#include "mainstay/stream/ports.h"', "layer stream"),
    ("libs/wire/src/x.cc", "#include <grpcpp/server.h>", "dep:grpc"),
    ("libs/stream/src/x.cc", "#include <librdkafka/rdkafka.h>", "dep:kafka"),
    ("libs/stream/src/x.cc", "#include <rocksdb/db.h>", "dep:rocksdb"),
    ("libs/stream/src/x.cc", '#include "mainstay/vocabulary/ids.h"', "layer vocabulary"),
    ("libs/stream_rocksdb/src/x.cc", "#include <librdkafka/rdkafka.h>", "dep:kafka"),
    ("libs/stream_rocksdb/src/x.cc", '#include "mainstay/stream_sim/sim_log.h"', "layer stream_sim"),
    ("libs/rpc/src/x.cc", '#include "mainstay/stream/ports.h"', "layer stream"),
    ("libs/telemetry/src/x.cc", '#include "mainstay/risk/model.h"', "layer risk"),
    ("libs/app/src/x.cc", '#include "mainstay/risk/model.h"', "layer risk"),
    ("services/cadence/x.cc", "#include <rocksdb/db.h>", "dep:rocksdb"),
    ("services/cadence/x.cc", "#include <librdkafka/rdkafka.h>", "dep:kafka"),
    ("services/cadence/x.cc", '#include "services/segmentation/topology.h"', "layer service"),
    ("services/cadence/x.cc", '#include "../segmentation/topology.h"', "layer service"),
    ("services/cadence/x.cc", '#include "mainstay/stream_sim/sim_log.h"', "layer stream_sim"),
    ("services/mainstay/x.cc", '#include "mainstay/stream_sim/sim_log.h"', "layer stream_sim"),
    ("services/mainstay/x.cc", "#include <rocksdb/db.h>", "dep:rocksdb"),
    ("services/mainstay/x.cc", "#include <some_new_library/api.h>", "unknown third-party"),
    ("libs/somewhere/src/x.cc", "#include <string>", "not in cmake/layers.txt"),
]


class IncludeScanTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name).resolve()
        (self.root / "cmake").mkdir()
        shutil.copy(HERE.parent.parent / "cmake" / "layers.txt", self.root / "cmake")
        for name, text in CLEAN.items():
            self.write(name, text)

    def tearDown(self):
        self.folder.cleanup()

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def test_clean_tree_passes(self):
        scan = Scan(self.root)
        self.assertEqual(scan.run(), [])
        self.assertEqual(scan.files, len(CLEAN))

    def test_an_include_in_a_comment_is_none(self):
        self.write("libs/stream/src/x.cc", "/*\n#include <rocksdb/db.h>\n*/\n")
        self.assertEqual(Scan(self.root).run(), [])

    def test_every_planted_violation_is_reported(self):
        for name, include, word in PLANTED:
            with self.subTest(file=name, include=include):
                self.write(name, "#pragma once\n" + include + "\n")
                found = Scan(self.root).run()
                (self.root / name).unlink()
                self.assertEqual(len(found), 1, found)
                self.assertTrue(found[0].startswith(f"{name}:2: "), found[0])
                self.assertIn(word, found[0])


if __name__ == "__main__":
    unittest.main()
