// A read that fails half way is read again whole: nothing is handled twice.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "mainstay/stream/shard_loop.h"
#include "mainstay/stream_sim/broker.h"
#include "mainstay/stream_sim/shard_log.h"
#include "mainstay/stream_sim/store.h"
#include "script.h"

namespace mainstay::stream {
namespace {

// Twice gives a part of what there is and then says that the disk failed: before a batch and in the middle of one.
class FlakyLog final : public ShardLog {
 public:
  explicit FlakyLog(ShardLog& log) : log_(log) {}
  Result<Meta> Acquire(Store& store) override { return log_.Acquire(store); }
  Result<void> Read(TopicId topic, std::int64_t offset, std::size_t max, std::vector<Record>& out) override {
    ++reads_;
    if (reads_ != 1 && reads_ != 5) return log_.Read(topic, offset, max, out);
    MAINSTAY_TRY(log_.Read(topic, offset, 2, out));
    return Fail(ErrorCode::kUnavailable, "the disk is slow");
  }
  Result<std::int64_t> End(TopicId topic) override { return log_.End(topic); }
  Outcome Commit(const CommitBatch& batch) override { return log_.Commit(batch); }

 private:
  ShardLog& log_;
  int reads_ = 0;
};

TEST(ShardLoopReads, AReadThatFailsHalfWayIsReadAgainWhole) {
  stream_sim::SimBroker broker{1};
  stream_sim::Faults faults;
  const stream_sim::Mutations none;
  stream_sim::SimStore store(faults, none);
  stream_sim::SimShardLog sim(broker, ScriptTopology(), 0, faults, none);
  FlakyLog log(sim);
  for (int i = 0; i < 6; ++i) broker.Append({"first", 0, i, "k", "emit " + std::to_string(i)});
  std::vector<std::string> heard;
  ShardLoop loop(ScriptTopology(), 0, 1, log, store, std::make_unique<ScriptProcessor>(heard), {});
  int failed = 0;
  for (int i = 0; i < 20; ++i) failed += loop.Step(FromMs(0)).has_value() ? 0 : 1;
  EXPECT_EQ(failed, 2);
  std::vector<std::string> out;
  for (const auto& entry : broker.All("out", 0)) out.push_back(entry.value.value_or(""));
  EXPECT_EQ(out, (std::vector<std::string>{"0", "1", "2", "3", "4", "5"}));
}

}  // namespace
}  // namespace mainstay::stream
