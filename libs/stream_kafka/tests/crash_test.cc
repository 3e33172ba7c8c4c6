// Crashes, fences and unclear outcomes of one shard: every record counts once.
#include <filesystem>

#include "shard_fixture.h"

namespace mainstay::stream_kafka {
namespace {

using CrashTest = ShardTest;

TEST_F(CrashTest, ASecondOwnerFencesTheFirstAndNothingIsCountedTwice) {
  Owner first = Own(0);
  Feed(0, 10);
  Drain(first, 10);
  Owner second = Own(1);
  Feed(10, 20);
  Drain(second, 20);
  const stream::StepResult late = Drain(first, 20);
  EXPECT_TRUE(late.released);
  EXPECT_EQ(first.log->stats().fenced, 1U);
  EXPECT_EQ(Values("out"), Expected(0, 20));
}

TEST_F(CrashTest, ControlWithoutAConstantTransactionalIdTheFirstOwnerIsNotFenced) {
  TestLevers().random_transactional_id = true;
  Owner first = Own(0);
  Feed(0, 10);
  Drain(first, 10);
  Owner second = Own(1);
  Feed(10, 20);
  Drain(second, 20);
  const stream::StepResult late = Drain(first, 20);
  EXPECT_FALSE(late.released);
  EXPECT_EQ(Values("out").size(), 30U) << "records are counted twice, and the test above would see it";
}

TEST_F(CrashTest, ADeletedDirectoryIsRestoredInFull) {
  State before;
  {
    Owner owner = Own(0);
    Feed(0, 200);  // More than a minute of it: timers fired, others wait.
    Drain(owner, 200);
    before = StateOf(*owner.store);
  }
  ASSERT_FALSE(Values("fired").empty());
  std::filesystem::remove_all(world_->StorePath(0));
  Owner owner = Own(0);
  ASSERT_TRUE(owner.loop->Step(wall_).has_value());
  EXPECT_EQ(StateOf(*owner.store), before);
  EXPECT_EQ(owner.loop->meta().positions[0], 200);
  EXPECT_GT(owner.log->stats().restored_records, 200U);
  // Seen ids are among what came back.
  static_cast<void>(world_->Append(world_->Named("in"), 0, {{0, 1'300'000, "even", "v0"}}));
  Drain(owner, 201);
  EXPECT_EQ(Values("out").size(), 200U);
}

TEST_F(CrashTest, ControlARestoreWithoutTheDedupTopicIsNoticed) {
  State before;
  {
    Owner owner = Own(0);
    Feed(0, 20);
    Drain(owner, 20);
    before = StateOf(*owner.store);
  }
  std::filesystem::remove_all(world_->StorePath(0));
  TestLevers().restore_without_dedup = true;
  Owner owner = Own(0);
  ASSERT_TRUE(owner.loop->Step(wall_).has_value());
  EXPECT_NE(StateOf(*owner.store), before);
}

TEST_F(CrashTest, AStartAfterACleanEndReadsAlmostNothing) {
  {
    Owner owner = Own(0);
    Feed(0, 100);
    Drain(owner, 100);
    owner.log->Release();
  }
  Owner owner = Own(0);
  ASSERT_TRUE(owner.loop->Step(wall_).has_value());
  EXPECT_LE(owner.log->stats().restored_records, 1U) << "META itself";
  EXPECT_EQ(owner.loop->meta().positions[0], 100);
}

TEST_F(CrashTest, ACommitTheStoreNeverHeardOfCountsOnce) {
  Feed(0, 10);
  {
    Owner owner = Own(0);
    TestLevers().die_after_commit = true;
    EXPECT_FALSE(owner.loop->Step(wall_).has_value()) << "the process is gone";
  }
  Owner owner = Own(0);
  ASSERT_TRUE(owner.loop->Step(wall_).has_value());
  EXPECT_EQ(owner.loop->meta().positions[0], 10);
  Feed(10, 20);
  Drain(owner, 20);
  EXPECT_EQ(Values("out"), Expected(0, 20));
}

TEST_F(CrashTest, ATransactionThatWasNeverCommittedIsInvisibleAndDoneAgain) {
  Feed(0, 10);
  {
    Owner owner = Own(0);
    TestLevers().die_before_commit = true;
    EXPECT_FALSE(owner.loop->Step(wall_).has_value()) << "the process is gone";
  }
  Owner owner = Own(0);
  Drain(owner, 10);
  EXPECT_EQ(Values("out"), Expected(0, 10));
  const auto range = world_->cluster().Offsets(world_->Named("out"), 0, Duration{5'000});
  ASSERT_TRUE(range.has_value());
  EXPECT_GT(range->end, 11) << "vacuous: the aborted records were never on the topic";
}

TEST_F(CrashTest, MetaDecidesAfterAnUnclearCommit) {
  Owner owner = Own(0);
  Feed(0, 10);
  TestLevers().unclear_commit = true;
  const stream::StepResult drained = Drain(owner, 10);
  EXPECT_FALSE(drained.dropped) << "it is in the log, so it happened";
  EXPECT_EQ(owner.log->stats().unknown, 1U);
  Feed(10, 20);
  Drain(owner, 20);
  EXPECT_EQ(Values("out"), Expected(0, 20));
}

TEST_F(CrashTest, ATaintedProducerIsReplacedBeforeTheNextTransaction) {
  Owner owner = Own(0);
  Feed(0, 10);
  Drain(owner, 10);
  TestLevers().taint_next = true;
  Feed(10, 20);
  Drain(owner, 20);
  EXPECT_EQ(owner.log->stats().producers_replaced, 1U);
  EXPECT_EQ(Values("out"), Expected(0, 20));
}

TEST_F(CrashTest, DeadLettersKeepTheOriginalBytesWithTheReasonInHeaders) {
  Owner owner = Own(0);
  static_cast<void>(world_->Append(world_->Named("in"), 0, {{0, 1'000, "k", "bad"}, {0, 2'000, "k", "good"}}));
  Drain(owner, 2);
  EXPECT_EQ(Values("out"), std::vector<std::string>{"good"});
  const auto letters = world_->ReadAll(world_->Named("count.dead-letter"));
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters[0].key, "k");
  EXPECT_EQ(letters[0].value, std::optional<std::string>("bad"));
  bool has_reason = false;
  for (const Header& header : letters[0].headers) {
    has_reason = has_reason || (header.name == "__streams.errors.message" && header.value == "it says so");
  }
  EXPECT_TRUE(has_reason);
  WireRecord again;
  again.value = DeadLetterFromWire(letters[0]);
  DeadLetterToWire(again);
  EXPECT_EQ(again.headers, letters[0].headers);
  EXPECT_EQ(again.value, letters[0].value);
}

TEST_F(CrashTest, TenMegabytesPassThroughInputStateAndOutput) {
  Owner owner = Own(0);
  const std::string big(10 << 20, 'x');
  static_cast<void>(world_->Append(world_->Named("in"), 0, {{0, 1'000, "k", big}}));
  Drain(owner, 1);
  EXPECT_EQ(Values("out"), std::vector<std::string>{big});
}

}  // namespace
}  // namespace mainstay::stream_kafka
