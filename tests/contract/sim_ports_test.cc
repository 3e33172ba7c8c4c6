// The contract on the simulated ports.
#include <memory>
#include <string>
#include <utility>

#include "mainstay/stream_sim/broker.h"
#include "mainstay/stream_sim/shard_log.h"
#include "mainstay/stream_sim/store.h"
#include "ports_contract.h"

namespace mainstay::contract {
namespace {

class SimPorts final : public PortsUnderTest {
 public:
  explicit SimPorts(std::shared_ptr<stream_sim::SimBroker> broker)
      : broker_(std::move(broker)), store_(faults_, none_) {
    MakeLog();
  }

  stream::ShardLog& log() override { return *log_; }
  stream::Store& store() override { return store_; }
  void Reopen(Loss) override {
    faults_ = {};
    MakeLog();
  }
  std::vector<std::int64_t> AppendInput(stream::TopicId topic, const std::vector<Input>& inputs) override {
    std::vector<std::int64_t> offsets;
    for (const Input& input : inputs) {
      offsets.push_back(
          broker_->Append({ContractTopology().inputs.at(topic), 0, input.ingest_ms, input.key, input.value}));
    }
    return offsets;
  }
  std::vector<stream::Record> ReadTopic(const std::string& topic) override {
    std::vector<stream::Record> records;
    for (const stream_sim::LogEntry& entry : broker_->All(topic, 0)) {
      records.push_back({entry.offset, entry.ingest_ms, entry.key, entry.value.value_or("")});
    }
    return records;
  }
  std::unique_ptr<PortsUnderTest> SecondOwner() override { return std::make_unique<SimPorts>(broker_); }
  bool CrashBetweenCommitAndApply() override {
    faults_.at_commit = [] { return stream_sim::CommitFault::kCrashAfterCommit; };
    return true;
  }

 private:
  void MakeLog() { log_ = std::make_unique<stream_sim::SimShardLog>(*broker_, ContractTopology(), 0, faults_, none_); }

  std::shared_ptr<stream_sim::SimBroker> broker_;
  const stream_sim::Mutations none_;
  stream_sim::Faults faults_;
  stream_sim::SimStore store_;
  std::unique_ptr<stream_sim::SimShardLog> log_;
};

std::unique_ptr<PortsUnderTest> MakeSimPorts(std::string*) {
  return std::make_unique<SimPorts>(std::make_shared<stream_sim::SimBroker>(1));
}

INSTANTIATE_TEST_SUITE_P(Sim, PortsContract, ::testing::Values(PortsCase{"sim", MakeSimPorts}), CaseName);

}  // namespace
}  // namespace mainstay::contract
