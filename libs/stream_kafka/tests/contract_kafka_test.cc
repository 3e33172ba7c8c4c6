// The contract of the ports on a real Kafka, with the local store of a shard.
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "kafka_world.h"
#include "levers.h"
#include "ports_contract.h"

namespace mainstay::contract {
namespace {

namespace kafka = stream_kafka;

class KafkaPorts final : public PortsUnderTest {
 public:
  KafkaPorts(std::shared_ptr<kafka::KafkaWorld> world, int number) : world_(std::move(world)), number_(number) {
    Open();
  }
  ~KafkaPorts() override { kafka::TestLevers().die_after_commit = false; }

  stream::ShardLog& log() override { return *log_; }
  stream::Store& store() override { return *store_; }
  void Reopen(Loss loss) override {
    // RocksDB's files are the same after kill -9, since nothing is buffered in the process.
    if (loss == Loss::kNothing) log_->Release();
    log_.reset();
    store_.reset();
    Open();
  }
  std::vector<std::int64_t> AppendInput(stream::TopicId topic, const std::vector<Input>& inputs) override {
    std::vector<stream::Record> records;
    for (const Input& input : inputs) records.push_back({0, input.ingest_ms, input.key, input.value});
    auto offsets = world_->Append(world_->topology().inputs.at(topic), 0, records);
    AwaitNews(topic, offsets);
    return offsets;
  }
  std::vector<stream::Record> ReadTopic(const std::string& topic) override {
    std::vector<stream::Record> records;
    for (kafka::WireRecord& wire : world_->ReadAll(world_->Named(topic))) {
      records.push_back({wire.offset, wire.timestamp_ms, wire.key, wire.value.value_or("")});
    }
    return records;
  }
  std::unique_ptr<PortsUnderTest> SecondOwner() override { return std::make_unique<KafkaPorts>(world_, number_ + 1); }
  bool CrashBetweenCommitAndApply() override {
    kafka::TestLevers().die_after_commit = true;
    return true;
  }

 private:
  void Open() {
    store_ = world_->OpenStore(number_);
    log_ = std::make_unique<kafka::KafkaShardLog>(world_->cluster(), world_->topology(), 0);
  }
  // What was appended is news to a running consumer a moment later; the suite has no such moment.
  void AwaitNews(stream::TopicId topic, const std::vector<std::int64_t>& offsets) {
    std::vector<stream::Record> none;
    if (offsets.empty() || !log_->Read(topic, offsets.front(), 0, none)) return;  // Acquire will find everything.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    for (;;) {
      const auto end = log_->End(topic);
      ASSERT_TRUE(end.has_value());
      if (*end > offsets.back()) return;
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
      log_->AwaitInput(Duration{20});
    }
  }

  std::shared_ptr<kafka::KafkaWorld> world_;
  const int number_;
  std::unique_ptr<stream_rocksdb::LocalStore> store_;
  std::unique_ptr<kafka::KafkaShardLog> log_;
};

std::unique_ptr<PortsUnderTest> MakeKafkaPorts(std::string* skip_reason) {
  broker::Broker* broker = broker::SharedBroker(skip_reason);
  if (broker == nullptr) return nullptr;
  auto world = kafka::KafkaWorld::Make(*broker, ContractTopology());
  if (!world) throw std::runtime_error(world.error().message);
  return std::make_unique<KafkaPorts>(std::move(*world), 0);
}

INSTANTIATE_TEST_SUITE_P(Kafka, PortsContract, ::testing::Values(PortsCase{"kafka", MakeKafkaPorts}), CaseName);

}  // namespace
}  // namespace mainstay::contract
