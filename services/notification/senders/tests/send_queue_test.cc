#include "send_queue.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "mainstay/base/random.h"
#include "mainstay/testing/seed.h"

namespace mainstay::webhook_sender {
namespace {

using namespace std::chrono_literals;

const SteadyTime kStart{1h};

SendRequest To(const std::string& endpoint, const std::string& id = "d") {
  SendRequest request;
  request.endpoint = EndpointId{endpoint};
  request.delivery_id = id;
  return request;
}

constexpr SendQueue::Limits kLimits{2, 10.0, 3, 5, 8};

TEST(SendQueue, EndpointsTakeTurns) {
  SendQueue queue(kLimits);
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(queue.Push(To("a"), kStart));
    ASSERT_TRUE(queue.Push(To("b"), kStart));
  }
  std::string order;
  while (const auto request = queue.Pop(kStart)) order += request->endpoint.raw();
  EXPECT_EQ(order, "abab");
}

TEST(SendQueue, AnEndpointWithoutRoomHoldsUpNoOther) {
  SendQueue queue(kLimits);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(queue.Push(To("slow"), kStart));
  EXPECT_TRUE(queue.Pop(kStart));
  EXPECT_TRUE(queue.Pop(kStart));
  EXPECT_FALSE(queue.Pop(kStart)) << "two run, two wait";
  EXPECT_FALSE(queue.NextAt()) << "only an end helps, not time";
  ASSERT_TRUE(queue.Push(To("fast"), kStart));
  EXPECT_EQ(queue.Pop(kStart)->endpoint, EndpointId{"fast"});
  queue.Finished(EndpointId{"slow"}, kStart);
  EXPECT_EQ(queue.Pop(kStart)->endpoint, EndpointId{"slow"});
}

TEST(SendQueue, FullQueuesRefuse) {
  SendQueue queue(kLimits);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(queue.Push(To("a"), kStart));
  EXPECT_EQ(queue.Push(To("a"), kStart).error().code, ErrorCode::kUnavailable);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(queue.Push(To("b"), kStart));
  EXPECT_EQ(queue.Push(To("c"), kStart).error().code, ErrorCode::kUnavailable) << "all together";
  EXPECT_EQ(queue.endpoints(), 2U) << "a refused request leaves nothing behind";
  EXPECT_EQ(queue.TakeAll().size(), 8U);
  EXPECT_EQ(queue.waiting(), 0U);
}

TEST(SendQueue, ABurstThenTheRateAndNothingIsRemembered) {
  SendQueue queue(kLimits);
  SteadyTime now = kStart;
  std::vector<SteadyTime> starts;
  int pushed = 0;
  while (starts.size() < 10) {
    while (pushed < 10 && queue.Push(To("a"), now)) ++pushed;
    if (queue.Pop(now)) {
      starts.push_back(now);
      queue.Finished(EndpointId{"a"}, now);
    } else {
      ASSERT_GT(*queue.NextAt(), now);
      now = *queue.NextAt();
    }
  }
  EXPECT_EQ(starts[2], kStart) << "burst of three";
  for (std::size_t i = 3; i < starts.size(); ++i) EXPECT_EQ(starts[i] - starts[i - 1], 100ms);
  EXPECT_FALSE(queue.Pop(now + 1h));
  EXPECT_EQ(queue.endpoints(), 0U);
}

// Goal: whatever is pushed, popped and finished, no limit is passed, nothing is lost and nothing is left over.
TEST(SendQueue, RandomWalksKeepEveryLimitAndLoseNothing) {
  const std::uint64_t seed = mainstay::testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  Random random{seed};
  int refused = 0;
  int delayed = 0;
  for (int walk = 0; walk < 50; ++walk) {
    SendQueue queue(kLimits);
    SteadyTime now = kStart;
    std::map<std::string, std::size_t> running;
    std::map<std::string, std::deque<std::string>> waiting;
    std::size_t in = 0;
    std::size_t out = 0;
    const auto pop = [&] {
      const auto request = queue.Pop(now);
      if (!request) return false;
      const std::string endpoint = request->endpoint.raw();
      EXPECT_EQ(request->delivery_id, waiting[endpoint].front()) << "first in, first out";
      waiting[endpoint].pop_front();
      EXPECT_LE(++running[endpoint], kLimits.concurrency);
      ++out;
      return true;
    };
    for (int step = 0; step < 400; ++step) {
      const std::string endpoint(1, static_cast<char>('a' + Below(random, 4)));
      switch (Below(random, 4)) {
        case 0: {
          const std::string id = std::to_string(step);
          if (queue.Push(To(endpoint, id), now)) {
            waiting[endpoint].push_back(id);
            ++in;
          } else {
            ++refused;
          }
          break;
        }
        case 1: pop(); break;
        case 2:
          if (running[endpoint] == 0) break;
          --running[endpoint];
          queue.Finished(EndpointId{endpoint}, now);
          break;
        default:
          now += std::chrono::milliseconds{Below(random, 60)};
          delayed += queue.NextAt() && *queue.NextAt() > now ? 1 : 0;
      }
      ASSERT_EQ(queue.waiting(), in - out);
    }
    for (int drain = 0; drain < 1'000 && queue.endpoints() > 0; ++drain) {
      for (auto& [endpoint, count] : running) {
        for (; count > 0; --count) queue.Finished(EndpointId{endpoint}, now);
      }
      now += 50ms;
      while (pop()) {
      }
    }
    ASSERT_EQ(in, out);
    ASSERT_EQ(queue.endpoints(), 0U) << "forgotten when idle";
  }
  EXPECT_GT(refused, 0) << "vacuous: no queue was ever full";
  EXPECT_GT(delayed, 0) << "vacuous: the rate never mattered";
}

}  // namespace
}  // namespace mainstay::webhook_sender
