#include "shard_progress.h"

#include <gtest/gtest.h>

#include <thread>

namespace mainstay::app {
namespace {

using namespace std::chrono_literals;

stream::Meta At(std::int64_t position) {
  stream::Meta meta;
  meta.positions = {position};
  return meta;
}

Deadline In(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

stream::ProcessedRecord Refused(std::int64_t offset) {
  return {0, offset, {stream::Verdict::Kind::kRejected, {ErrorCode::kInvalidArgument, {}, "no", "data"}}};
}

TEST(ShardProgress, AwaitReturnsWhenTheOffsetWasTaken) {
  ShardProgress progress;
  progress.Running(At(5));
  EXPECT_TRUE(progress.Await(0, 4, In(0ms)));
  EXPECT_FALSE(progress.Await(0, 5, In(0ms)));
  std::thread shard([&] { progress.Advanced(At(6), {Refused(5)}); });
  EXPECT_TRUE(progress.Await(0, 5, In(60s)));
  shard.join();
  const auto objections = progress.ObjectionsTo(0, {4, 5});
  ASSERT_EQ(objections.size(), 1U);
  EXPECT_EQ(objections[0].offset, 5);
  EXPECT_EQ(objections[0].verdict.error.field, "data");
}

TEST(ShardProgress, WhoWaitsHearsThatTheShardWasReleased) {
  ShardProgress progress;
  progress.Running(At(0));
  std::thread shard([&] { progress.NotRunning({ErrorCode::kUnavailable, Recovery::kRetry, "gone", {}}); });
  const auto waited = progress.Await(0, 7, In(60s));
  shard.join();
  ASSERT_FALSE(waited);
  EXPECT_EQ(waited.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(waited.error().message, "gone");
  EXPECT_FALSE(progress.running());
}

TEST(ShardProgress, AShardRestsUntilSomebodyWaitsForIt) {
  ShardProgress progress;
  progress.Running(At(5));
  std::thread caller([&] { EXPECT_TRUE(progress.Await(0, 5, In(60s))); });
  progress.AwaitCaller(Deadline::max());
  EXPECT_TRUE(progress.HasCaller());
  progress.Advanced(At(6), {});
  caller.join();
  EXPECT_FALSE(progress.HasCaller());
  EXPECT_TRUE(progress.Await(0, 5, In(60s))) << "what is there already is nothing to wait for";
  const Deadline soon = In(20ms);
  progress.AwaitCaller(soon);
  EXPECT_GE(std::chrono::steady_clock::now(), soon) << "nobody waits any more";
}

TEST(ShardProgress, AShardThatStopsDoesNotRest) {
  ShardProgress progress;
  std::thread stopping([&] { progress.Close(); });
  progress.AwaitCaller(Deadline::max());
  stopping.join();
}

TEST(ShardProgress, OldObjectionsAreForgottenFirst) {
  ShardProgress progress;
  progress.Running(At(0));
  std::vector<stream::ProcessedRecord> many;
  for (std::int64_t offset = 0; offset < 100'001; ++offset) many.push_back(Refused(offset));
  progress.Advanced(At(100'001), std::move(many));
  EXPECT_TRUE(progress.ObjectionsTo(0, {0}).empty());
  EXPECT_EQ(progress.ObjectionsTo(0, {1, 100'000}).size(), 2U);
}

}  // namespace
}  // namespace mainstay::app
