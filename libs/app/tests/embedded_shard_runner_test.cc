// The first service may be a chunk ahead of the others, and nobody can tell from what they saw.
#include "embedded_shard_runner.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mainstay/testing/temporary_directory.h"

namespace mainstay::app {
namespace {

using stream::Context;
using stream::RecordView;

// Writes what it reads to its output, if it has one, and to a list for the test.
class Relay final : public stream::Processor {
 public:
  using Seen = std::function<void(const RecordView&)>;
  Relay(bool emits, Seen seen) : emits_(emits), seen_(std::move(seen)) {}

  Result<void> OnRecord(Context& context, const RecordView& record) override {
    seen_(record);
    if (emits_) context.Emit(0, std::string(record.key), std::string(record.value));
    return {};
  }
  Result<void> OnTimer(Context&, const stream::Timer&) override { return {}; }
  Result<void> OnAcquired(Context&) override { return {}; }
  void OnRollback(stream::Rollback) override {}

 private:
  const bool emits_;
  const Seen seen_;
};

ServiceModule MakeModule(const std::string& service, std::vector<std::string> inputs, std::vector<std::string> outputs,
                         const Relay::Seen& seen) {
  ServiceModule module;
  module.topology.service = service;
  module.topology.inputs = std::move(inputs);
  module.topology.inputs.push_back(service + ".internal");
  module.topology.internal = static_cast<stream::TopicId>(module.topology.inputs.size() - 1);
  module.topology.outputs = outputs;
  module.topology.dead_letter = service + ".dead-letter";
  module.make_processor = [emits = !outputs.empty(), seen](std::int32_t, std::int32_t) {
    return std::make_unique<Relay>(emits, seen);
  };
  return module;
}

class RunAhead : public ::testing::Test {
 protected:
  RunAhead() { Open({"in"}); }

  void Open(std::vector<std::string> first_reads) {
    runner_.reset();
    modules_.clear();
    modules_.push_back(MakeModule("first", std::move(first_reads), {"mid"}, [this](const RecordView& record) {
      if (on_first_) on_first_(record);
    }));
    modules_.push_back(MakeModule("second", {"in", "mid"}, {"out"}, [this](const RecordView& record) {
      seen_.push_back(modules_[1].topology.inputs[record.topic] + ":" + std::string(record.value));
    }));
    stream_rocksdb::DirectoryOptions options;
    options.now = FromMs(0);
    directory_.emplace();
    auto directory = stream_rocksdb::EmbeddedDirectory::Open(directory_->path() / "data", options);
    ASSERT_TRUE(directory) << directory.error().message;
    auto shard = stream_rocksdb::EmbeddedShard::Open((*directory)->ShardPath(0), 0, memory_);
    ASSERT_TRUE(shard) << shard.error().message;
    lock_ = std::move(*directory);
    EmbeddedShardRunner::Links links;
    links.wall_now = [] { return FromMs(0); };
    links.send = [](std::int32_t, ShardWork) {};
    links.effect = [](std::size_t, std::int32_t, std::string) {};
    links.time_moved = [](std::int64_t) {};
    runner_ = std::make_unique<EmbeddedShardRunner>(std::move(*shard), 0, 1, modules_, links);
    ASSERT_TRUE(runner_->CatchUp(false));
  }

  struct In {
    std::string topic;
    std::int64_t at_ms;
    std::string value;
  };

  std::future<Result<std::vector<Acknowledgement>>> Publish(const std::vector<In>& records) {
    auto call = std::make_shared<PublishCall>();
    ShardWork work;
    for (const In& in : records) {
      Publication publication;
      publication.topic = in.topic;
      publication.book = "book";
      publication.event_time = FromMs(in.at_ms);
      publication.value = in.value;
      work.indices.push_back(call->publications.size());
      call->publications.push_back(std::move(publication));
    }
    call->acknowledgements.resize(records.size());
    call->shards_left = 1;
    auto answer = call->promise.get_future();
    work.call = std::move(call);
    runner_->Enqueue(std::move(work));
    return answer;
  }

  std::optional<EmbeddedShardRunner::Chunk> Begin() {
    auto chunk = runner_->Begin(/*wall_clock=*/false);
    EXPECT_TRUE(chunk);
    return chunk ? std::move(*chunk) : std::nullopt;
  }

  // Two chunks; the second service takes the first one while the first service is in the middle of the second one.
  std::vector<std::string> SeenInTheMiddle(bool without_ends) {
    seen_.clear();
    Publish({{"in", 1, "a"}, {"in", 2, "b"}});
    std::optional<EmbeddedShardRunner::Chunk> behind = Begin();
    EXPECT_TRUE(behind);
    if (without_ends) behind->ends.clear();
    on_first_ = [&](const RecordView& record) {
      if (record.value != "c") return;
      EXPECT_TRUE(runner_->Finish(std::move(*behind)));
    };
    Publish({{"in", 3, "c"}, {"in", 4, "d"}});
    std::optional<EmbeddedShardRunner::Chunk> ahead = Begin();
    EXPECT_TRUE(ahead);
    EXPECT_TRUE(runner_->Finish(std::move(*ahead)));
    on_first_ = nullptr;
    return seen_;
  }

  std::function<void(const RecordView&)> on_first_;
  std::vector<std::string> seen_;  // By the second service.
  std::optional<testing::TemporaryDirectory> directory_;
  std::unique_ptr<stream_rocksdb::EmbeddedDirectory> lock_;
  stream_rocksdb::SharedMemory memory_{stream_rocksdb::Memory{}};
  std::vector<ServiceModule> modules_;
  std::unique_ptr<EmbeddedShardRunner> runner_;
};

const std::vector<std::string> kOneByOne = {"in:a", "mid:a", "in:b", "mid:b", "in:c", "mid:c", "in:d", "mid:d"};

TEST_F(RunAhead, ServicesBehindSeeWhatTheyWouldSeeOneByOne) { EXPECT_EQ(SeenInTheMiddle(false), kOneByOne); }

TEST_F(RunAhead, ControlWithoutTheEndsOfTheChunkTheyWouldSeeTooMuch) { EXPECT_NE(SeenInTheMiddle(true), kOneByOne); }

TEST_F(RunAhead, OneChunkAheadIsEnough) {
  Publish({{"in", 1, "a"}});
  auto one = Begin();
  Publish({{"in", 2, "b"}});
  auto two = Begin();
  ASSERT_TRUE(one && two);
  Publish({{"in", 3, "c"}});
  EXPECT_FALSE(Begin());
  ASSERT_TRUE(runner_->Finish(std::move(*one)));
  EXPECT_TRUE(Begin());
}

TEST_F(RunAhead, WhatIsForAServiceBehindWaitsUntilNothingIsUnfinished) {
  Publish({{"in", 1, "a"}});
  auto one = Begin();
  ASSERT_TRUE(one);
  Publish({{"second.internal", 2, "command"}});
  EXPECT_FALSE(Begin());
  ASSERT_TRUE(runner_->Finish(std::move(*one)));
  EXPECT_TRUE(Begin());
}

TEST_F(RunAhead, AMoveOfTheClockWaitsUntilNothingIsUnfinished) {
  Publish({{"in", 1, "a"}});
  auto one = Begin();
  ASSERT_TRUE(one);
  ShardWork tick;
  tick.call = std::make_shared<PublishCall>();
  tick.call->shards_left = 1;
  tick.advance_to = FromMs(5);
  runner_->Enqueue(std::move(tick));
  EXPECT_FALSE(Begin());
  ASSERT_TRUE(runner_->Finish(std::move(*one)));
  EXPECT_TRUE(Begin());
}

TEST_F(RunAhead, CallersHearWhenTheLastServiceHasTakenTheirRecords) {
  auto answer = Publish({{"in", 1, "a"}});
  auto chunk = Begin();
  ASSERT_TRUE(chunk);
  EXPECT_EQ(answer.wait_for(std::chrono::seconds{0}), std::future_status::timeout);
  ASSERT_TRUE(runner_->Finish(std::move(*chunk)));
  ASSERT_EQ(answer.wait_for(std::chrono::seconds{0}), std::future_status::ready);
  EXPECT_TRUE(answer.get());
}

TEST_F(RunAhead, AFirstServiceThatReadsWhatComesAfterItDoesNotRunAhead) {
  Open({"in", "out"});
  bool first_ran = false;
  on_first_ = [&](const RecordView&) { first_ran = true; };
  Publish({{"in", 1, "a"}});
  auto chunk = Begin();
  ASSERT_TRUE(chunk);
  EXPECT_FALSE(first_ran);
  on_first_ = nullptr;
  runner_->FailWaiting({});
}

}  // namespace
}  // namespace mainstay::app
