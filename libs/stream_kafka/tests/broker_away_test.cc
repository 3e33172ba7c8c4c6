// The broker is slow, gone, or back: what the shard makes of it. These tests have a broker of their own.
#include <thread>

#include "shard_fixture.h"

namespace mainstay::stream_kafka {
namespace {

class BrokerAwayTest : public ShardTest {
 protected:
  void SetUp() override {
    ShardTest::SetUp();
    if (world_ == nullptr) return;
    options_.request_timeout = std::chrono::seconds{1};
  }
  void TearDown() override {
    if (broker_ != nullptr) {
      broker_->Thaw();
      EXPECT_TRUE(broker_->StartAgain().has_value());
    }
    ShardTest::TearDown();
  }
  // The broker does not answer for longer than a request waits.
  [[nodiscard]] std::thread FreezeFor(Duration time) {
    broker_->Freeze();
    return std::thread([this, time] {
      std::this_thread::sleep_for(time);  // The fault itself, not a wait for something.
      broker_->Thaw();
    });
  }
  // Drains across errors, as a worker does.
  void DrainThroughErrors(Owner& owner, std::int64_t until) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (std::chrono::steady_clock::now() < deadline) {
      const auto step = owner.loop->Step(wall_);
      if (!step || step->released) owner.loop->Reacquire();
      const auto& positions = owner.loop->meta().positions;
      if (step && !positions.empty() && positions[0] >= until) return;
      if (!step || !step->progressed) owner.log->AwaitInput(Duration{50});
    }
    ADD_FAILURE() << "not drained: " << owner.log->last_error();
  }
};

TEST_F(BrokerAwayTest, AProducerWhoseRequestTimedOutIsReplacedAndNothingIsLostOrDoubled) {
  Owner owner = Own(0);
  Feed(0, 10);
  Drain(owner, 10);
  Feed(10, 20);
  // Its input is read already, so that only the transaction meets the frozen broker.
  std::vector<stream::Record> read;
  ASSERT_TRUE(Eventually([&] { return owner.log->Read(0, 10, 100, read).has_value() && !read.empty(); }));
  stream::CommitBatch batch{owner.loop->meta(), {}, {{kListTable, "k", "v"}}};
  ++batch.meta.transaction;
  std::thread thaw = FreezeFor(Duration{2'500});
  EXPECT_EQ(owner.log->Commit(batch), stream::Outcome::kUnknown);
  thaw.join();
  EXPECT_NE(owner.log->last_error(), "");
  owner.loop->Reacquire();
  DrainThroughErrors(owner, 20);
  EXPECT_EQ(owner.log->stats().producers_replaced, 1U);
  EXPECT_EQ(Values("out"), Expected(0, 20));
}

TEST_F(BrokerAwayTest, ControlWithTheInterceptorOffTheSameProducerGoesOn) {
  TestLevers().ignore_taint = true;
  Owner owner = Own(0);
  Feed(0, 10);
  Drain(owner, 10);
  stream::CommitBatch batch{owner.loop->meta(), {}, {{kListTable, "k", "v"}}};
  ++batch.meta.transaction;
  std::thread thaw = FreezeFor(Duration{2'500});
  EXPECT_EQ(owner.log->Commit(batch), stream::Outcome::kCommitted) << "the interface says that all is well";
  thaw.join();
  EXPECT_EQ(owner.log->stats().producers_replaced, 0U);
}

TEST_F(BrokerAwayTest, AfterTheBrokerWasKilledTheShardGoesOnWhereItWas) {
  Owner owner = Own(0);
  Feed(0, 10);
  Drain(owner, 10);
  broker_->Kill();
  const auto unreachable = owner.cluster->CheckReachable(Duration{1'000});
  ASSERT_FALSE(unreachable.has_value());
  EXPECT_EQ(unreachable.error().code, ErrorCode::kUnavailable);
  ASSERT_TRUE(broker_->StartAgain().has_value());
  Feed(10, 20);
  DrainThroughErrors(owner, 20);
  EXPECT_EQ(Values("out"), Expected(0, 20));
}

TEST_F(BrokerAwayTest, AShardThatStartsBeforeTheBrokerSaysSoAndStartsWhenItIsThere) {
  Feed(0, 10);
  ASSERT_TRUE(broker_->StopBroker().has_value());
  options_.acquire_timeout = std::chrono::seconds{1};
  Owner owner = Own(0);
  const auto step = owner.loop->Step(wall_);
  ASSERT_FALSE(step.has_value());
  EXPECT_EQ(step.error().code, ErrorCode::kUnavailable) << step.error().message;
  ASSERT_TRUE(broker_->StartAgain().has_value());
  DrainThroughErrors(owner, 10);
  EXPECT_EQ(Values("out"), Expected(0, 10));
}

}  // namespace
}  // namespace mainstay::stream_kafka
