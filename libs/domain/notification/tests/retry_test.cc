#include "mainstay/notification/retry.h"

#include <gtest/gtest.h>

#include <set>

namespace mainstay::notification {
namespace {

using namespace std::chrono_literals;

const Instant kStart = FromMs(1'767'600'000'000);

EndpointState Endpoint() {
  EndpointState endpoint;
  endpoint.id = EndpointId{"hook"};
  return endpoint;
}

AttemptResult Status(int number, int status) {
  AttemptResult result;
  result.number = number;
  result.status = status;
  return result;
}
AttemptResult Broken(int number, SendError error) {
  AttemptResult result;
  result.number = number;
  result.error = error;
  return result;
}

template <class Fact>
int Count(const std::vector<DeliveryFact>& facts) {
  int count = 0;
  for (const auto& fact : facts) count += std::holds_alternative<Fact>(fact) ? 1 : 0;
  return count;
}

TEST(Schedule, IsThePublishedOne) {
  const std::vector<Duration> wanted = {0s, 5s, 5min, 30min, 2h, 5h, 10h, 14h, 20h, 24h};
  ASSERT_EQ(wanted.size(), static_cast<std::size_t>(kMaxAttempts));
  for (int i = 1; i <= kMaxAttempts; ++i) EXPECT_EQ(BaseDelay(i), wanted[static_cast<std::size_t>(i - 1)]);
}

TEST(Schedule, JitterStaysWithinAFifthIsRepeatableAndSpreads) {
  for (int number = 1; number <= kMaxAttempts; ++number) {
    const Duration base = BaseDelay(number);
    std::set<Duration> seen;
    Duration least = base;
    Duration most = base;
    for (int i = 0; i < 2'000; ++i) {
      const std::string id = "delivery-" + std::to_string(i);
      const Duration delay = DelayBefore(id, number, std::nullopt);
      ASSERT_EQ(delay, DelayBefore(id, number, std::nullopt));
      ASSERT_GE(delay, base - base / 5);
      ASSERT_LE(delay, base + base / 5);
      least = std::min(least, delay);
      most = std::max(most, delay);
      seen.insert(delay);
    }
    if (number == 1) continue;
    EXPECT_LT(least, base - base / 6) << "the jitter never reaches its ends";
    EXPECT_GT(most, base + base / 6);
    EXPECT_GT(seen.size(), 500U);
  }
}

TEST(Schedule, RetryAfterIsHonouredBetweenTheBaseAndTwiceIt) {
  EXPECT_EQ(DelayBefore("d", 3, 1s), 5min);
  EXPECT_EQ(DelayBefore("d", 3, 7min), 7min);
  EXPECT_EQ(DelayBefore("d", 3, 24h), 10min);
}

TEST(Classify, EveryKindOfAnswer) {
  for (const int status : {200, 201, 204, 299}) EXPECT_EQ(Classify(Status(1, status)), Verdict::kDelivered) << status;
  for (const int status : {301, 302, 307, 308, 304}) EXPECT_EQ(Classify(Status(1, status)), Verdict::kRetry) << status;
  for (const int status : {408, 429, 500, 502, 503, 599}) EXPECT_EQ(Classify(Status(1, status)), Verdict::kRetry);
  for (const int status : {400, 401, 403, 404, 413, 422, 499})
    EXPECT_EQ(Classify(Status(1, status)), Verdict::kExhausted);
  EXPECT_EQ(Classify(Status(1, 410)), Verdict::kGone);
  for (const int status : {100, 199, 600, 999}) EXPECT_EQ(Classify(Status(1, status)), Verdict::kRetry) << status;
  for (const auto error : {SendError::kTimeout, SendError::kConnect, SendError::kTls, SendError::kProtocol,
                           SendError::kAddressForbidden}) {
    EXPECT_EQ(Classify(Broken(1, error)), Verdict::kRetry);
  }
  EXPECT_EQ(Classify(Broken(1, SendError::kRefused)), Verdict::kExhausted);
  EXPECT_EQ(Classify(Broken(1, SendError::kNotSent)), Verdict::kUnattempted);
}

TEST(Delivery, IdIsTheSameForTheSameEventAndOtherForAnother) {
  const auto id = MakeDeliveryId(EndpointId{"a"}, "s", EventId{"e"});
  EXPECT_EQ(id, MakeDeliveryId(EndpointId{"a"}, "s", EventId{"e"}));
  EXPECT_NE(id, MakeDeliveryId(EndpointId{"b"}, "s", EventId{"e"}));
  EXPECT_NE(id, MakeDeliveryId(EndpointId{"a"}, "t", EventId{"e"}));
  EXPECT_NE(id, MakeDeliveryId(EndpointId{"a"}, "s", EventId{"f"}));
}

TEST(Delivery, IsDueAtOnceAndDeliveredByA2xx) {
  const auto started = StartDelivery(Endpoint(), "s", EventId{"e"}, kStart);
  EXPECT_EQ(started.endpoint.pending, 1);
  EXPECT_EQ(started.delivery.sequence, 1U);
  const auto due = OnDue(started.delivery, started.endpoint, kStart);
  ASSERT_EQ(due.send, 1);
  const auto done = OnAttemptResult(due.next.delivery, due.next.endpoint, Status(1, 204), kStart + 1s);
  EXPECT_EQ(done.delivery.status, DeliveryStatus::kDelivered);
  EXPECT_FALSE(done.delivery.next_attempt_at);
  EXPECT_EQ(done.endpoint.pending, 0);
  EXPECT_EQ(done.endpoint.delivered, 1);
  EXPECT_TRUE(done.facts.empty());
}

// Goal: a receiver that never answers is tried exactly as often as the schedule says, at its times.
TEST(Delivery, IsExhaustedAfterTheLastAttemptWithOneFact) {
  auto state = StartDelivery(Endpoint(), "s", EventId{"e"}, kStart);
  Instant now = kStart;
  int sent = 0;
  while (state.delivery.next_attempt_at) {
    EXPECT_FALSE(OnDue(state.delivery, state.endpoint, *state.delivery.next_attempt_at - 1ms).send) << "too early";
    now = *state.delivery.next_attempt_at;
    const auto due = OnDue(state.delivery, state.endpoint, now);
    ASSERT_EQ(due.send, ++sent);
    state = OnAttemptResult(due.next.delivery, due.next.endpoint, Broken(sent, SendError::kTimeout), now);
  }
  EXPECT_EQ(sent, kMaxAttempts);
  EXPECT_EQ(state.delivery.status, DeliveryStatus::kExhausted);
  EXPECT_EQ(Count<DeliveryExhausted>(state.facts), 1);
  EXPECT_EQ(Count<EndpointDisabled>(state.facts), 0) << "the schedule is shorter than five days";
  EXPECT_EQ(std::get<DeliveryExhausted>(state.facts[0]).attempts, kMaxAttempts);
  EXPECT_EQ(state.endpoint.pending, 0);
  EXPECT_EQ(state.endpoint.exhausted, 1);
  EXPECT_EQ(state.delivery.attempts.size(), 10U);
}

TEST(Delivery, ARepeatedOrLateResultChangesNothing) {
  const auto started = StartDelivery(Endpoint(), "s", EventId{"e"}, kStart);
  const auto once = OnAttemptResult(started.delivery, started.endpoint, Status(1, 500), kStart);
  const auto twice = OnAttemptResult(once.delivery, once.endpoint, Status(1, 410), kStart + 1h);
  EXPECT_EQ(twice.delivery.attempts.size(), 1U);
  EXPECT_TRUE(twice.endpoint.enabled());
  EXPECT_EQ(twice.delivery.next_attempt_at, once.delivery.next_attempt_at);
  const auto done = OnAttemptResult(once.delivery, once.endpoint, Status(2, 200), kStart + 1h);
  const auto after = OnAttemptResult(done.delivery, done.endpoint, Status(3, 500), kStart + 2h);
  EXPECT_EQ(after.delivery.status, DeliveryStatus::kDelivered);
  EXPECT_EQ(after.endpoint.delivered, 1);
}

TEST(Delivery, AnotherClientErrorExhaustsAtOnceAndCountsAsAFailure) {
  const auto started = StartDelivery(Endpoint(), "s", EventId{"e"}, kStart);
  const auto next = OnAttemptResult(started.delivery, started.endpoint, Status(1, 404), kStart);
  EXPECT_EQ(next.delivery.status, DeliveryStatus::kExhausted);
  EXPECT_EQ(Count<DeliveryExhausted>(next.facts), 1);
  EXPECT_TRUE(next.endpoint.enabled());
  EXPECT_EQ(next.endpoint.failing_since, kStart);
  EXPECT_EQ(next.endpoint.last_error, "HTTP 404");
}

TEST(Delivery, WhatWasNeverSentIsNoAttempt) {
  const auto started = StartDelivery(Endpoint(), "s", EventId{"e"}, kStart);
  const auto next = OnAttemptResult(started.delivery, started.endpoint, Broken(1, SendError::kNotSent), kStart);
  EXPECT_TRUE(next.delivery.attempts.empty());
  EXPECT_EQ(next.delivery.next_attempt_at, kStart + 5s);
  EXPECT_FALSE(next.endpoint.failing_since);
  EXPECT_EQ(OnDue(next.delivery, next.endpoint, kStart + 5s).send, 1);
}

TEST(Endpoint, A410DisablesItAndExhaustsWhatIsPending) {
  const auto first = StartDelivery(Endpoint(), "s", EventId{"e"}, kStart);
  const auto second = StartDelivery(first.endpoint, "s", EventId{"f"}, kStart);
  EXPECT_EQ(second.delivery.sequence, 2U);
  const auto gone = OnAttemptResult(first.delivery, second.endpoint, Status(1, 410), kStart + 1s);
  EXPECT_FALSE(gone.endpoint.enabled());
  ASSERT_EQ(Count<EndpointDisabled>(gone.facts), 1);
  EXPECT_EQ(std::get<EndpointDisabled>(gone.facts[0]).last_error, "HTTP 410");
  EXPECT_EQ(Count<DeliveryExhausted>(gone.facts), 1);
  const auto other = OnDue(second.delivery, gone.endpoint, kStart + 2s);
  EXPECT_FALSE(other.send);
  EXPECT_EQ(other.next.delivery.status, DeliveryStatus::kExhausted);
  EXPECT_EQ(other.next.endpoint.pending, 0);
  EXPECT_TRUE(Enable(gone.endpoint).enabled());
  EXPECT_FALSE(Enable(gone.endpoint).failing_since);
}

TEST(Endpoint, IsDisabledOnceAfterFiveDaysOfFailuresOnly) {
  const auto fail = [](EndpointState endpoint, Instant now) {
    const auto started = StartDelivery(endpoint, "s", EventId{std::to_string(ToMs(now))}, now);
    return OnAttemptResult(started.delivery, started.endpoint, Status(1, 500), now);
  };
  const auto succeed = [](EndpointState endpoint, Instant now) {
    const auto started = StartDelivery(endpoint, "s", EventId{std::to_string(ToMs(now))}, now);
    return OnAttemptResult(started.delivery, started.endpoint, Status(1, 200), now);
  };
  const auto days = [](int n) { return std::chrono::days{n}; };
  EndpointState endpoint = fail(Endpoint(), kStart).endpoint;
  endpoint = fail(endpoint, kStart + days(4)).endpoint;
  EXPECT_TRUE(fail(endpoint, kStart + days(5) - 1ms).endpoint.enabled());
  const auto disabled = fail(endpoint, kStart + days(5));
  EXPECT_FALSE(disabled.endpoint.enabled());
  ASSERT_EQ(Count<EndpointDisabled>(disabled.facts), 1);
  EXPECT_EQ(std::get<EndpointDisabled>(disabled.facts[0]).since, kStart);
  // Control: one success in between starts the count again.
  const EndpointState healed = succeed(endpoint, kStart + days(4) + 1h).endpoint;
  EXPECT_TRUE(fail(healed, kStart + days(6)).endpoint.enabled());
}

TEST(Endpoint, OurOwnRefusalIsNotItsFailure) {
  const auto started = StartDelivery(Endpoint(), "s", EventId{"e"}, kStart);
  const auto next = OnAttemptResult(started.delivery, started.endpoint, Broken(1, SendError::kRefused), kStart);
  EXPECT_EQ(next.delivery.status, DeliveryStatus::kExhausted);
  EXPECT_FALSE(next.endpoint.failing_since);
}

TEST(Redrive, StartsAnExhaustedDeliveryWithTheWholeScheduleBeforeItAgain) {
  const DeliveryDecision started = StartDelivery(Endpoint(), "s", EventId{"e"}, kStart);
  EXPECT_FALSE(Redrive(started.delivery, started.endpoint, kStart)) << "pending";
  DeliveryDecision gone = OnAttemptResult(started.delivery, started.endpoint, Status(1, 404), kStart);
  ASSERT_EQ(gone.delivery.status, DeliveryStatus::kExhausted);
  auto again = Redrive(gone.delivery, gone.endpoint, kStart + 1h);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->delivery.id, started.delivery.id);
  EXPECT_EQ(again->endpoint.pending, 1);
  EXPECT_EQ(again->endpoint.exhausted, 0);
  DeliveryDecision now = *again;
  for (int number = 2; number <= kMaxAttempts; ++number) {
    const DueDecision due = OnDue(now.delivery, now.endpoint, *now.delivery.next_attempt_at);
    ASSERT_EQ(due.send, number);
    now = OnAttemptResult(now.delivery, now.endpoint, Status(number, 500), kStart + 1h);
    ASSERT_EQ(now.delivery.status, DeliveryStatus::kPending) << number;
  }
  now = OnAttemptResult(now.delivery, now.endpoint, Status(kMaxAttempts + 1, 500), kStart + 1h);
  EXPECT_EQ(now.delivery.status, DeliveryStatus::kExhausted);
  EXPECT_EQ(now.delivery.attempts.size(), static_cast<std::size_t>(kMaxAttempts) + 1);
}

TEST(Redrive, IsBounded) {
  DeliveryDecision now = StartDelivery(Endpoint(), "s", EventId{"e"}, kStart);
  int rounds = 0;
  for (int number = 1;; ++number) {
    now = OnAttemptResult(now.delivery, now.endpoint, Status(number, 404), kStart);
    const auto again = Redrive(now.delivery, now.endpoint, kStart);
    if (!again) break;
    now = *again;
    ASSERT_LT(++rounds, 100);
  }
  EXPECT_LE(now.delivery.attempts.size(), kMaxKeptAttempts);
  EXPECT_GT(rounds, 10);
}

}  // namespace
}  // namespace mainstay::notification
