// The contract of the ports on the embedded log.
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "embedded_fixture.h"
#include "file_copies.h"
#include "ports_contract.h"

namespace mainstay::contract {
namespace {

namespace rdb = stream_rocksdb;
namespace fs = std::filesystem;

class EmbeddedPorts final : public PortsUnderTest {
 public:
  EmbeddedPorts() : world_(std::make_shared<World>()) { Open(); }
  explicit EmbeddedPorts(const EmbeddedPorts& first) : world_(first.world_) { MakeLog(); }

  stream::ShardLog& log() override { return *log_; }
  stream::Store& store() override { return *log_; }
  void Reopen(Loss loss) override {
    const fs::path next = world_->root.path() / std::to_string(++world_->incarnation);
    if (loss == Loss::kProcess) rdb::CopyAsIfKilled(*world_->opened.shard, world_->path, next);
    log_.reset();
    world_->opened = {};
    if (loss == Loss::kProcess) world_->path = next;
    Open();
  }
  std::vector<std::int64_t> AppendInput(stream::TopicId topic, const std::vector<Input>& inputs) override {
    std::vector<rdb::Append> appends;
    for (const Input& input : inputs) {
      appends.push_back({ContractTopology().inputs.at(topic), input.ingest_ms, input.key, input.value});
    }
    const auto offsets = world_->opened.shard->AppendAll(appends);
    EXPECT_TRUE(offsets.has_value());
    return offsets.value_or(std::vector<std::int64_t>{});
  }
  std::vector<stream::Record> ReadTopic(const std::string& topic) override {
    EXPECT_TRUE(world_->opened.shard->Sync().has_value());
    auto records = world_->opened.shard->ReadTopic(topic, 0, 1'000'000);
    EXPECT_TRUE(records.has_value());
    return records.value_or(std::vector<stream::Record>{});
  }
  std::unique_ptr<PortsUnderTest> SecondOwner() override { return std::make_unique<EmbeddedPorts>(*this); }

 private:
  struct World {
    testing::TemporaryDirectory root;
    fs::path path = root.path() / "0";
    int incarnation = 0;
    rdb::OpenedShard opened;
  };

  void Open() {
    auto opened = rdb::OpenShardIn(world_->path);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    world_->opened = std::move(*opened);
    MakeLog();
  }
  void MakeLog() { log_ = std::make_unique<rdb::EmbeddedShardLog>(*world_->opened.shard, ContractTopology()); }

  std::shared_ptr<World> world_;
  std::unique_ptr<rdb::EmbeddedShardLog> log_;
};

std::unique_ptr<PortsUnderTest> MakeEmbeddedPorts(std::string*) { return std::make_unique<EmbeddedPorts>(); }

INSTANTIATE_TEST_SUITE_P(Embedded, PortsContract, ::testing::Values(PortsCase{"embedded", MakeEmbeddedPorts}),
                         CaseName);

}  // namespace
}  // namespace mainstay::contract
