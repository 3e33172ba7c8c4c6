// What every ShardLog and Store promises, as one suite that runs on each implementation.
//
// A test binary lists ports_contract.cc beside a file of its own that says
//   INSTANTIATE_TEST_SUITE_P(Sim, PortsContract, ::testing::Values(PortsCase{"sim", MakeSimPorts}), CaseName);
// Every test gets fresh ports with nothing in them.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mainstay/stream/ports.h"
#include "mainstay/stream/record.h"

namespace mainstay::contract {

enum class Loss : std::uint8_t {
  kNothing,  // Closed in good order.
  kProcess,  // kill -9: what was written but not synced is still there.
};

struct Input {
  std::int64_t ingest_ms = 0;
  std::string key;
  std::string value;
};

// One shard of one service, partition 0 of 1, over an implementation.
class PortsUnderTest {
 public:
  virtual ~PortsUnderTest() = default;
  // Of the current incarnation; a Reopen replaces them.
  [[nodiscard]] virtual stream::ShardLog& log() = 0;
  [[nodiscard]] virtual stream::Store& store() = 0;
  // Gives up the ports and makes new ones over what is left. The caller acquires.
  virtual void Reopen(Loss loss) = 0;
  // Appends to an input topic; ingest times never decrease over all calls. Returns the offsets.
  virtual std::vector<std::int64_t> AppendInput(stream::TopicId topic, const std::vector<Input>& inputs) = 0;
  // All committed records of a topic of partition 0, by its full name.
  [[nodiscard]] virtual std::vector<stream::Record> ReadTopic(const std::string& topic) = 0;
  // A second owner's log on the same shard, alive beside the first; null where the medium cannot have one
  // (a lock keeps a second process out). Its store is its own and starts empty.
  [[nodiscard]] virtual std::unique_ptr<PortsUnderTest> SecondOwner() { return nullptr; }
  // The next Commit reaches the log and the process dies before the store hears of it. False where commit and apply
  // are one write.
  [[nodiscard]] virtual bool CrashBetweenCommitAndApply() { return false; }
};

// Inputs "in-a", "in-b", "it.internal"; outputs "out-x", "out-y"; tables 1 and 2 (and the runtime's own).
[[nodiscard]] const stream::Topology& ContractTopology();

// Null, with the reason, where what it runs on cannot be had: the test is skipped.
using MakePortsUnderTest = std::function<std::unique_ptr<PortsUnderTest>(std::string* skip_reason)>;
struct PortsCase {
  std::string name;
  MakePortsUnderTest make;
};
[[nodiscard]] inline std::string CaseName(const ::testing::TestParamInfo<PortsCase>& info) { return info.param.name; }
inline void PrintTo(const PortsCase& ports, std::ostream* out) { *out << ports.name; }

class PortsContract : public ::testing::TestWithParam<PortsCase> {
 protected:
  void SetUp() override;
  // Acquires and keeps META.
  void Acquire();
  // Commits `batch` as the next transaction and applies it.
  void Commit(stream::CommitBatch batch);
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> ScanAll(stream::TableId table,
                                                                         std::string_view prefix = {},
                                                                         std::string_view from = {});
  std::unique_ptr<PortsUnderTest> ports_;
  stream::Meta meta_;
};

}  // namespace mainstay::contract
