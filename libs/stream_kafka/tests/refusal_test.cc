// What a shard refuses to start over, and what it waits for.
#include "cluster_parts.h"
#include "input_topic.h"
#include "shard_fixture.h"

namespace mainstay::stream_kafka {
namespace {

using RefusalTest = ShardTest;

TEST_F(RefusalTest, AnInputThatLostRecordsBeforeTheyWereRead) {
  {
    Owner owner = Own(0);
    Feed(0, 10);
    Drain(owner, 10);
  }
  Feed(10, 30);
  world_->DeleteRecords(world_->Named("in"), 0, 20);
  Owner owner = Own(0);
  const auto step = owner.loop->Step(wall_);
  ASSERT_FALSE(step.has_value());
  EXPECT_EQ(step.error().code, ErrorCode::kDataLoss);
  EXPECT_NE(step.error().message.find("at offset 10 of " + world_->Named("in")), std::string::npos)
      << step.error().message;
}

TEST_F(RefusalTest, AFirstStartBeginsAtTheEarliestRecordThatIsThere) {
  Feed(0, 30);
  world_->DeleteRecords(world_->Named("in"), 0, 20);
  Owner owner = Own(0);
  Drain(owner, 30);
  EXPECT_EQ(Values("out"), Expected(20, 30));
}

TEST_F(RefusalTest, AStoreWithStateWhoseChangelogIsEmpty) {
  Owner owner = Own(0);
  stream::CommitBatch batch;
  batch.meta.transaction = 7;
  batch.meta.positions = {3, 0};
  batch.meta.wall_ms = 1'700'000'000'000;
  batch.changes = {{kListTable, "k", "v"}};
  ASSERT_TRUE(owner.store->Apply(batch).has_value());
  const auto step = owner.loop->Step(wall_);
  ASSERT_FALSE(step.has_value());
  EXPECT_EQ(step.error().code, ErrorCode::kDataLoss);
  EXPECT_EQ(StateOf(*owner.store).size(), 1U) << "nothing was touched";
}

TEST_F(RefusalTest, AChangelogWithStateButNoPositions) {
  static_cast<void>(
      world_->Append(ChangelogTopic(world_->prefix(), "count"), 0, {{0, 1, std::string("\x00\x01key", 5), "value"}}));
  Owner owner = Own(0);
  const auto step = owner.loop->Step(wall_);
  ASSERT_FALSE(step.has_value());
  EXPECT_EQ(step.error().code, ErrorCode::kDataLoss) << step.error().message;
}

TEST_F(RefusalTest, AMissingTopicIsNamed) {
  options_.acquire_timeout = std::chrono::seconds{5};
  const auto store = world_->OpenStore(0);
  for (const bool input : {false, true}) {
    stream::Topology topology = world_->topology();
    (input ? topology.inputs[0] : topology.outputs[1]) = world_->Named("nobody-made-it");
    KafkaShardLog log(world_->cluster(), topology, 0, options_);
    const auto meta = log.Acquire(*store);
    ASSERT_FALSE(meta.has_value());
    EXPECT_EQ(meta.error().code, ErrorCode::kNotFound);
    EXPECT_NE(meta.error().message.find("nobody-made-it"), std::string::npos) << meta.error().message;
  }
}

// A service that writes to its own internal topic.
TEST_F(RefusalTest, ATopicMayBeInputAndOutput) {
  stream::Topology topology = world_->topology();
  topology.outputs.push_back(topology.inputs[1]);
  const auto store = world_->OpenStore(0);
  KafkaShardLog log(world_->cluster(), topology, 0, options_);
  const auto meta = log.Acquire(*store);
  EXPECT_TRUE(meta.has_value()) << meta.error().message;
}

// An erasure may be gone from the changelog after its delete retention: what the store still has would come back.
TEST_F(RefusalTest, AStoreOlderThanTheDeleteRetentionIsRestoredInFullIfOthersWroteSince) {
  struct Case {
    int hours;
    bool others_wrote;
    bool kept;
  };
  int fed = 0;
  for (const Case& one : {Case{23, true, true}, Case{25, false, true}, Case{25, true, false}}) {
    SCOPED_TRACE(one.hours);
    const int number = 10 * one.hours + (one.others_wrote ? 1 : 0);
    Feed(fed, fed + 10);
    fed += 10;
    {
      Owner owner = Own(number);
      Drain(owner, fed);
      owner.log->Release();
      const stream::CommitBatch erased{owner.loop->meta(), {}, {{kListTable, "erased long ago", "x"}}};
      ASSERT_TRUE(owner.store->Apply(erased).has_value());
    }
    if (one.others_wrote) {
      Owner other = Own(number + 1'000);
      Feed(fed, fed + 10);
      fed += 10;
      Drain(other, fed);
    }
    options_.wall_clock = [wall = wall_, hours = one.hours] { return wall + std::chrono::hours{hours}; };
    Owner owner = Own(number);
    ASSERT_TRUE(owner.loop->Step(wall_).has_value());
    EXPECT_EQ(StateOf(*owner.store).contains({kListTable, "erased long ago"}), one.kept);
    EXPECT_EQ(owner.loop->meta().positions[0], fed);
    options_.wall_clock = {};
  }
}

// Nobody waits for commit markers, and an open transaction holds the shard back only so long.
TEST_F(RefusalTest, MarkersAreNoInputAndAnOpenTransactionIsWaitedForAWhile) {
  options_.open_transaction_wait = std::chrono::milliseconds{300};
  Owner upstream = Own(0);
  Feed(0, 10);
  Drain(upstream, 10);
  world_->AwaitMarkers(world_->Named("out"), 0);

  InputTopic out(world_->cluster().parts().data.get(), world_->Named("out"), 0, 0, nullptr,
                 options_.open_transaction_wait, {});
  std::vector<stream::Record> read;
  const auto read_some = [&](std::size_t count) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (read.size() < count && std::chrono::steady_clock::now() < deadline) {
      ASSERT_TRUE(out.Read(read.empty() ? 0 : read.back().offset + 1, 100, read).has_value());
    }
    ASSERT_EQ(read.size(), count);
  };
  read_some(10);
  // A marker follows the tenth record.
  const auto settled = [&] { return out.Read(10, 100, read).has_value() && out.End() == 10; };
  ASSERT_TRUE(Eventually(settled));

  TestLevers().die_before_commit = true;
  Feed(10, 20);
  ASSERT_TRUE(Eventually([&] { return !upstream.loop->Step(wall_).has_value(); })) << "the process is gone";
  ASSERT_TRUE(Eventually([&] { return out.Read(10, 100, read).has_value() && out.End() > 10; }))
      << "records of an open transaction are input that is waited for";
  const auto since = std::chrono::steady_clock::now();
  ASSERT_TRUE(Eventually([&] { return out.Read(10, 100, read).has_value() && out.End() == 10; }));
  EXPECT_GE(std::chrono::steady_clock::now() - since, std::chrono::milliseconds{100});
  EXPECT_EQ(read.size(), 10U) << "and they are not read";
  Owner next = Own(1);
  Drain(next, 20);
  read_some(20);
}

}  // namespace
}  // namespace mainstay::stream_kafka
