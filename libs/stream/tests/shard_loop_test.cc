#include "mainstay/stream/shard_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "mainstay/stream/dead_letter.h"
#include "mainstay/stream/key_builder.h"
#include "mainstay/stream_sim/broker.h"
#include "mainstay/stream_sim/faults.h"
#include "mainstay/stream_sim/task_driver.h"
#include "script.h"

namespace mainstay::stream {
namespace {

using stream_sim::CommitFault;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The real loop on the simulated ports, one partition.
class ShardLoopTest : public ::testing::Test {
 protected:
  void Start(LoopOptions loop = {}) {
    stream_sim::DriverOptions options;
    options.loop = loop;
    options.mutations = mutations_;
    options.fault = [this](std::int32_t) {
      if (faults_.empty()) return CommitFault::kNone;
      const CommitFault next = faults_.front();
      faults_.pop_front();
      return next;
    };
    options.processed = [this](std::int32_t, const ProcessedRecord& record) { processed_.push_back(record); };
    driver_ = std::make_unique<stream_sim::TaskDriver>(
        broker_, ScriptTopology(),
        [this](auto, auto) { return std::make_unique<ScriptProcessor>(heard_, [this] { driver_->KillSelf(); }); },
        options);
  }
  std::int64_t Append(const std::string& topic, std::int64_t at, const std::string& key, const std::string& script) {
    return broker_.Append({topic, 0, at, key, script});
  }
  void Run() {
    if (driver_ == nullptr) Start();
    const auto ran = driver_->RunUntilIdle(1'000);
    ASSERT_TRUE(ran.has_value()) << ran.error().message;
  }
  StepResult Step(std::size_t worth_committing) {
    if (driver_ == nullptr) Start();
    const auto step = driver_->Step(0, worth_committing);
    EXPECT_TRUE(step.has_value()) << step.error().message;
    return step.value_or(StepResult{});
  }
  // What was heard since the last call, but for the first acquisition.
  std::vector<std::string> Heard() {
    std::vector<std::string> heard;
    for (std::string& line : heard_) {
      if (line != "acquired" && line != "rollback batch") heard.push_back(std::move(line));
    }
    heard_.clear();
    return heard;
  }
  std::vector<std::string> Out(const std::string& topic = "out") {
    std::vector<std::string> values;
    for (const auto& entry : broker_.All(topic, 0)) values.push_back(entry.value.value_or(""));
    return values;
  }
  std::optional<std::string> State(const std::string& key) { return *driver_->store(0).Get(kScriptTable, key); }

  stream_sim::SimBroker broker_{1};
  std::deque<CommitFault> faults_;
  stream_sim::Mutations mutations_;
  std::vector<std::string> heard_;
  std::vector<ProcessedRecord> processed_;
  std::unique_ptr<stream_sim::TaskDriver> driver_;
};

TEST_F(ShardLoopTest, TakesTheSmallestIngestTimeThenTheTopicThenTheOffset) {
  Append("second", 5, "e", "");
  Append("second", 1, "a-late", "");
  Append("first", 5, "c", "");
  Append("first", 5, "d", "");
  Append("first", 7, "g", "");
  Append("script.internal", 6, "f", "");
  Run();
  EXPECT_THAT(Heard(), ElementsAre("record c now 5", "record d now 5", "record e now 5", "record a-late now 5",
                                   "record f now 6", "record g now 7"));
}

TEST_F(ShardLoopTest, WaitsForATopicThatIsBehindItsEnd) {
  Start();
  Append("first", 10, "a", "");
  Append("second", 5, "b", "");
  broker_.Hold("second", 0, 0);
  const auto step = driver_->Step(0);
  ASSERT_TRUE(step.has_value());
  EXPECT_TRUE(step->waiting);
  EXPECT_FALSE(step->progressed);
  EXPECT_THAT(Heard(), IsEmpty());
  broker_.Hold("second", 0, std::nullopt);
  Run();
  EXPECT_THAT(Heard(), ElementsAre("record b now 5", "record a now 10"));
}

TEST_F(ShardLoopTest, TimersFireInOrderBeforeTheRecordThatAdvancesTimeAndAtTheirOwnTime) {
  Append("first", 1, "set", "timer 2 x 10 ;timer 1 x 10 ;timer 1 a 10 ;timer 9 z 5 ;timer 1 later 11 ");
  Append("first", 10, "advance", "");
  Run();
  EXPECT_THAT(Heard(), ElementsAre("record set now 1", "timer 9 z now 5", "timer 1 a now 10", "timer 1 x now 10",
                                   "timer 2 x now 10", "record advance now 10"));
}

TEST_F(ShardLoopTest, ATimerSetByATimerFiresInTheSamePassInOrder) {
  Append("first", 1, "set", "timer 1 a 5 timer 1 b 7 |timer 1 c 20 |timer 0 past 2 ;timer 1 z 8 ");
  Append("first", 10, "advance", "");
  Run();
  EXPECT_THAT(Heard(), ElementsAre("record set now 1", "timer 1 a now 5", "timer 0 past now 5", "timer 1 b now 7",
                                   "timer 1 z now 8", "record advance now 10"));
  ASSERT_EQ(*driver_->loop(0).NextTimerAt(), FromMs(20));
}

TEST_F(ShardLoopTest, NothingFiresBeyondStreamTimeAndATickOnlyAdvancesIt) {
  Append("first", 1, "set", "timer 1 a 5 emit fired");
  Run();
  EXPECT_THAT(Heard(), ElementsAre("record set now 1"));
  EXPECT_EQ(*driver_->loop(0).NextTimerAt(), FromMs(5));
  ASSERT_TRUE(driver_->TickTo(FromMs(4)).has_value());
  Run();
  EXPECT_THAT(Heard(), IsEmpty()) << "no tick before its time";
  ASSERT_TRUE(driver_->TickTo(FromMs(6)).has_value());
  Run();
  EXPECT_THAT(Heard(), ElementsAre("timer 1 a now 5"));
  EXPECT_THAT(Out(), ElementsAre("fired"));
  EXPECT_EQ(driver_->loop(0).meta().stream_time_ms, 6);
  EXPECT_EQ(broker_.All("out", 0)[0].ingest_ms, 5) << "what a timer emits carries its time";
  EXPECT_EQ(*driver_->loop(0).NextTimerAt(), std::nullopt);
}

TEST_F(ShardLoopTest, ATickKeyOnAnotherTopicIsARecord) {
  Append("first", 1, std::string(kTickKey), "");
  Run();
  EXPECT_THAT(Heard(), ElementsAre("record tick now 1"));
}

TEST_F(ShardLoopTest, SettingATimerAgainReplacesItAndCancellingRemovesIt) {
  Append("first", 1, "set", "timer 1 a 5 emit old;timer 1 b 6 emit gone");
  Append("first", 2, "change", "timer 1 a 8 emit new;cancel 1 b");
  Append("first", 10, "advance", "");
  Run();
  EXPECT_THAT(Out(), ElementsAre("new"));
}

TEST_F(ShardLoopTest, ATimerWithoutPayloadThatIsPutOffStaysWhereItWaitsAndFiresWhenItIsDue) {
  const auto waiting = [this] {
    std::vector<std::int64_t> times;
    for (const auto& [key, payload] : driver_->store(0).image().tables.at(kTimerTable)) {
      times.push_back(ReadOrderedInt64(key));
    }
    return times;
  };
  Append("first", 1, "set", "timer 1 a 5 ;timer 1 b 5 ;timer 1 c 5 ");
  Append("first", 2, "put off", "timer 1 a 9 ;timer 1 b 7 ;timer 1 c 8 emit payload");
  Run();
  EXPECT_THAT(waiting(), ElementsAre(5, 5, 8));
  Append("first", 6, "at their old time", "timer 1 b 6 ");
  Run();
  EXPECT_THAT(waiting(), ElementsAre(8, 9));
  Append("first", 10, "end", "");
  Run();
  EXPECT_THAT(Heard(), ElementsAre("record set now 1", "record put off now 2", "record at their old time now 6",
                                   "timer 1 b now 6", "timer 1 c now 8", "timer 1 a now 9", "record end now 10"));
  EXPECT_FALSE(driver_->store(0).image().tables.contains(kTimerIndexTable));
}

TEST_F(ShardLoopTest, ATimerThatWasPutOffIsBroughtForwardCancelledAndGivenAPayloadLikeAnyOther) {
  Append("first", 1, "set", "timer 1 a 5 ;timer 1 b 5 ;timer 1 c 5 ");
  Append("first", 2, "put off", "timer 1 a 9 ;timer 1 b 9 ;timer 1 c 9 ");
  Append("first", 3, "change", "timer 1 a 4 ;cancel 1 b;timer 1 c 7 emit payload");
  Append("first", 20, "end", "");
  Run();
  EXPECT_THAT(Heard(), ElementsAre("record set now 1", "record put off now 2", "record change now 3", "timer 1 a now 4",
                                   "timer 1 c now 7", "record end now 20"));
  EXPECT_THAT(Out(), ElementsAre("payload"));
}

TEST_F(ShardLoopTest, ATimerSetForThePastFiresAtOnceAndNeverTurnsTimeBack) {
  Append("first", 9, "set", "timer 1 a 3 ");
  Append("first", 9, "next", "");
  Run();
  EXPECT_THAT(Heard(), ElementsAre("record set now 9", "timer 1 a now 9", "record next now 9"));
}

TEST_F(ShardLoopTest, ATimerStormIsCutIntoTransactions) {
  LoopOptions options;
  options.max_timers_per_commit = 3;
  Start(options);
  std::string script;
  for (int i = 0; i < 10; ++i) script += "timer 1 k" + std::to_string(i) + " 5 emit f" + std::to_string(i) + ";";
  Append("first", 1, "set", script);
  Run();
  const std::size_t before = driver_->commits();
  Append("first", 6, "advance", "emit after");
  Run();
  EXPECT_EQ(driver_->commits() - before, 4U);
  EXPECT_THAT(Out(), ElementsAre("f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "after"));
}

TEST_F(ShardLoopTest, ADeadLetterUndoesStateEmitsEffectsTimersAndDedupOfItsRecordOnly) {
  Append("first", 1, "good", "put a 1;emit kept");
  const auto bad = Append("first", 2, "bad", "put a 2;put b 2;emit lost;effect lost;timer 1 t 3 ;seen id;dead why");
  Append("first", 3, "after", "seen id;get a;get b;timer 1 t 9 ");
  Run();
  EXPECT_THAT(Heard(), ElementsAre("record good now 1", "record bad now 2", "first id", "rollback record",
                                   "record after now 3", "first id", "a = 1", "b = absent"));
  EXPECT_THAT(Out(), ElementsAre("kept"));
  EXPECT_THAT(driver_->effects(), IsEmpty());
  const auto letters = Out("script.dead-letter");
  ASSERT_EQ(letters.size(), 1U);
  const auto letter = DecodeDeadLetter(letters[0]);
  ASSERT_TRUE(letter.has_value());
  DeadLetter expected{"script", "first", 0, bad, 2, 2, "bad-data", "data.field", "why", "bad", {}};
  expected.value = broker_.All("first", 0)[1].value.value_or("");
  EXPECT_EQ(*letter, expected);
  ASSERT_EQ(processed_.size(), 3U);
  EXPECT_EQ(processed_[1].verdict.kind, Verdict::Kind::kRejected);
  EXPECT_EQ(processed_[1].verdict.error.message, "why");
}

TEST_F(ShardLoopTest, AHandlerFailureIsSetAsideAndLeavesOneDeadLetterEvenAfterABadDataVerdict) {
  Append("first", 1, "bad", "put a 1;dead first;put a 2;fail second");
  Run();
  EXPECT_EQ(State("a"), std::nullopt);
  const auto letters = Out("script.dead-letter");
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(DecodeDeadLetter(letters[0])->code, "handler-failure");
  EXPECT_EQ(DecodeDeadLetter(letters[0])->reason, "second");
}

TEST_F(ShardLoopTest, MoreThanFivePercentHandlerFailuresStopTheShardAndItStaysStopped) {
  LoopOptions options;
  options.max_records_per_commit = 7;
  Start(options);
  for (int i = 0; i < 51; ++i) Append("first", i, "bad", "fail bug");
  auto ran = driver_->RunUntilIdle(1'000);
  ASSERT_FALSE(ran.has_value());
  EXPECT_THAT(ran.error().message, HasSubstr("5 %"));
  const std::size_t set_aside = Out("script.dead-letter").size();
  EXPECT_LE(set_aside, 50U);
  for (int again = 0; again < 3; ++again) EXPECT_FALSE(driver_->RunUntilIdle(1'000).has_value());
  EXPECT_EQ(Out("script.dead-letter").size(), set_aside) << "a retry lets no further failure through";
}

TEST_F(ShardLoopTest, FivePercentHandlerFailuresAndAnyAmountOfBadDataGoOn) {
  for (int i = 0; i < 50; ++i) Append("first", i, "bad", "fail bug");
  for (int i = 0; i < 200; ++i) Append("first", 100 + i, "bad", "dead data");
  for (int i = 0; i < 1'000; ++i) Append("first", 1'000 + i, "good", "");
  for (int i = 0; i < 50; ++i) Append("first", 3'000 + i, "bad", "fail bug");
  Run();
  EXPECT_EQ(Out("script.dead-letter").size(), 300U);
}

// A record that comes late sees the time the shard had reached, after a restart too: a timer set before it has fired.
TEST_F(ShardLoopTest, StreamTimeOutlivesTheProcessAndLeftOutOfMetaItDoesNot) {
  for (const bool left_out : {false, true}) {
    SCOPED_TRACE(left_out ? "control" : "rule");
    mutations_.stream_time_not_in_meta = left_out;
    broker_ = stream_sim::SimBroker{1};
    driver_.reset();
    heard_.clear();
    Append("first", 10, "a", "timer 1 t 30 ");
    Append("first", 20, "b", "");
    Run();
    driver_->Crash(0, stream_sim::Loss::kDisk);
    Append("second", 5, "late", "timer 1 u 7 ");
    Run();
    std::vector<std::string> expected = {"record a now 10", "record b now 20", "record late now 20",
                                         "timer 1 u now 20"};
    if (left_out) expected = {"record a now 10", "record b now 20", "record late now 5"};
    EXPECT_EQ(Heard(), expected);
  }
}

TEST_F(ShardLoopTest, ARecordThatThreeProcessesDiedOfIsSetAsideAndTheRestGoesOn) {
  Append("first", 1, "before", "put a 1;emit before");
  const auto killer = Append("first", 2, "killer", "put a 2;emit lost;die");
  Append("second", 3, "after", "get a;emit after");
  Run();
  EXPECT_EQ(driver_->crashes(), 3U);
  EXPECT_THAT(Out(), ElementsAre("before", "after"));
  EXPECT_EQ(State("a"), "1");
  const auto letters = Out("script.dead-letter");
  ASSERT_EQ(letters.size(), 1U);
  const auto letter = DecodeDeadLetter(letters[0]);
  ASSERT_TRUE(letter.has_value());
  EXPECT_EQ(letter->code, "crash-loop");
  EXPECT_EQ(letter->offset, killer);
  EXPECT_EQ(letter->value, "put a 2;emit lost;die");
  ASSERT_EQ(processed_.size(), 3U);
  EXPECT_EQ(processed_[1].verdict.kind, Verdict::Kind::kRejected);
}

// Deaths of other causes between two records, or with other records in hand, add up to nothing.
TEST_F(ShardLoopTest, ARecordThatKillsTwiceAndThenWorksIsNotSetAside) {
  int deaths = 0;
  stream_sim::DriverOptions options;
  driver_ = std::make_unique<stream_sim::TaskDriver>(
      broker_, ScriptTopology(),
      [&](auto, auto) {
        return std::make_unique<ScriptProcessor>(heard_, [&] {
          if (++deaths <= 2) driver_->KillSelf();
        });
      },
      options);
  for (int i = 0; i < 5; ++i) driver_->Crash(0, stream_sim::Loss::kProcess);
  Append("first", 1, "a", "die;emit one");
  Run();
  EXPECT_EQ(deaths, 3);
  deaths = 0;
  Append("first", 2, "b", "die;emit two");
  Run();
  EXPECT_THAT(Out(), ElementsAre("one", "two"));
  EXPECT_THAT(Out("script.dead-letter"), IsEmpty());
}

TEST_F(ShardLoopTest, ControlWithoutMarksAKillerKillsForever) {
  mutations_.no_taken_marks = true;
  Append("first", 1, "killer", "die");
  Start();
  EXPECT_FALSE(driver_->RunUntilIdle(50).has_value());
  EXPECT_GE(driver_->crashes(), 50U);
  EXPECT_THAT(Out("script.dead-letter"), IsEmpty());
}

TEST_F(ShardLoopTest, AWorldFailureAndAFailingTimerStopTheShardWithoutADeadLetter) {
  Append("first", 1, "fine", "put a 1");
  Append("first", 2, "later", "unavailable disk");
  Start();
  EXPECT_FALSE(driver_->RunUntilIdle(10).has_value());
  EXPECT_EQ(State("a"), std::nullopt) << "nothing of the batch was committed";
  EXPECT_THAT(Out("script.dead-letter"), IsEmpty());

  broker_ = stream_sim::SimBroker{1};
  driver_.reset();
  Append("first", 1, "set", "timer 1 t 2 fail bug");
  Append("first", 5, "advance", "");
  Start();
  EXPECT_FALSE(driver_->RunUntilIdle(10).has_value());
  EXPECT_THAT(Out("script.dead-letter"), IsEmpty());
}

TEST_F(ShardLoopTest, AnIdIsForgottenAfterThirtyFiveDaysOfStreamTimeToTheMillisecond) {
  constexpr std::int64_t kDays35 = 35LL * 24 * 3600 * 1000;
  Append("first", 1'000, "k", "seen id");
  Append("first", 1'000 + kDays35 - 1, "k", "seen id");
  Append("first", 1'000 + kDays35, "k", "seen id");
  Append("first", 1'000 + kDays35 + 1, "k", "seen id");
  Run();
  std::vector<std::string> dedup;
  for (const std::string& line : Heard()) {
    if (line.ends_with(" id")) dedup.push_back(line);
  }
  EXPECT_THAT(dedup, ElementsAre("first id", "again id", "first id", "again id"));
}

TEST_F(ShardLoopTest, EveryOutcomeOfACommitLeavesEachRecordDoneOnceAndAnsweredOnce) {
  for (const CommitFault fault : {CommitFault::kNone, CommitFault::kAborted, CommitFault::kUnknownAborted,
                                  CommitFault::kUnknownCommitted, CommitFault::kUnknownPrepared}) {
    SCOPED_TRACE(static_cast<int>(fault));
    broker_ = stream_sim::SimBroker{1};
    driver_.reset();
    processed_.clear();
    faults_ = {fault};
    Append("first", 1, "a", "emit one;put a 1");
    Append("first", 2, "b", "emit two;answer-seen");
    Run();
    EXPECT_THAT(Out(), ElementsAre("one", "two"));
    EXPECT_EQ(State("a"), "1");
    ASSERT_EQ(processed_.size(), 2U);
    EXPECT_EQ(processed_[0].verdict.kind, Verdict::Kind::kAccepted);
    EXPECT_EQ(processed_[1].verdict.kind, Verdict::Kind::kAlreadySeen);
    EXPECT_EQ(driver_->loop(0).meta().transaction, 1U);
  }
}

TEST_F(ShardLoopTest, EffectsFollowTheirCommitAndUnfinishedOnesAreReissuedOnAcquire) {
  faults_ = {CommitFault::kAborted, CommitFault::kNone, CommitFault::kUnknownCommitted};
  Append("first", 1, "a", "effect one;put unfinished one");
  Run();
  ASSERT_EQ(driver_->effects().size(), 1U) << "none for the aborted transaction";
  EXPECT_EQ(driver_->effects()[0].second, "one");
  Append("first", 2, "b", "effect two;put unfinished two");
  Run();
  ASSERT_EQ(driver_->effects().size(), 2U);
  EXPECT_EQ(driver_->effects()[1].second, "again two");
}

TEST_F(ShardLoopTest, AFencedOwnerCommitsNothingAndReleasesTheShardUntilItIsToldToReacquire) {
  Start();
  Append("first", 1, "a", "emit one");
  Run();
  broker_.InitTransactions("mainstay.script.0");  // Another owner.
  Append("first", 2, "b", "emit two");
  for (int i = 0; i < 2; ++i) {
    const auto step = driver_->Step(0);
    ASSERT_TRUE(step.has_value());
    EXPECT_TRUE(step->released);
  }
  EXPECT_THAT(Out(), ElementsAre("one"));
  driver_->loop(0).Reacquire();
  Run();
  EXPECT_THAT(Out(), ElementsAre("one", "two"));
}

TEST_F(ShardLoopTest, ACommitHoldsAtMostTheRecordsAndBytesItMay) {
  LoopOptions options;
  options.max_records_per_commit = 4;
  Start(options);
  for (int i = 0; i < 10; ++i) Append("first", i, "k", "put a 1");
  Run();
  EXPECT_EQ(driver_->commits(), 3U);

  options = {};
  options.max_bytes_per_commit = 1'000;
  Start(options);
  for (int i = 0; i < 10; ++i) Append("first", 100 + i, "k", "emit " + std::string(600, 'x'));
  Run();
  EXPECT_EQ(driver_->commits(), 5U);
}

TEST_F(ShardLoopTest, WhatTellsNobodyAnythingWaitsForWhatDoes) {
  Append("first", 1, "a", "put a 1");
  EXPECT_TRUE(Step(100).open);
  Append("first", 2, "b", "put b 2");
  EXPECT_TRUE(Step(100).open);
  EXPECT_EQ(State("a"), std::nullopt);
  Append("first", 3, "c", "emit one");
  const StepResult step = Step(100);
  EXPECT_TRUE(step.progressed);
  EXPECT_EQ(step.records, 3U);
  EXPECT_EQ(processed_.size(), 3U);
  EXPECT_EQ(State("a"), "1");
  EXPECT_THAT(Out(), ElementsAre("one"));
  EXPECT_EQ(driver_->loop(0).meta().transaction, 1U);
  EXPECT_THAT(Heard(), ElementsAre("record a now 1", "record b now 2", "record c now 3"));
}

TEST_F(ShardLoopTest, AnEffectAndADeadLetterTellSomebody) {
  Append("first", 1, "a", "effect one");
  EXPECT_TRUE(Step(100).progressed);
  Append("first", 2, "b", "dead bad");
  EXPECT_TRUE(Step(100).progressed);
}

TEST_F(ShardLoopTest, AnOpenBatchIsCommittedWhenItHasTakenEnoughOrIsToldTo) {
  for (const char* key : {"a", "b"}) Append("first", 1, key, "");
  EXPECT_TRUE(Step(3).open);
  Append("first", 2, "set", "timer 1 t 2 ");
  EXPECT_TRUE(Step(3).progressed);

  Append("first", 3, "c", "put c 3");
  EXPECT_TRUE(Step(100).open);
  Append("second", 4, "later", "");
  broker_.Hold("second", 0, 0);
  EXPECT_TRUE(Step(100).waiting);
  EXPECT_TRUE(Step(0).progressed) << "although a topic is behind its end";
  EXPECT_EQ(State("c"), "3");
}

TEST_F(ShardLoopTest, AFullBatchDoesNotStayOpen) {
  LoopOptions options;
  options.max_records_per_commit = 4;
  options.max_timers_per_commit = 2;
  Start(options);
  for (int i = 0; i < 4; ++i) Append("first", 1, "k", "");
  EXPECT_TRUE(Step(100).progressed);
  Append("first", 2, "set", "timer 1 a 3 ;timer 1 b 3 ;timer 1 c 3 ");
  EXPECT_TRUE(Step(100).open);
  Append("first", 3, "advance", "");
  EXPECT_TRUE(Step(100).progressed);
  EXPECT_THAT(Heard(), Contains("timer 1 b now 3"));
}

TEST_F(ShardLoopTest, WhatAnOpenBatchTookIsTakenAgainAfterAFailure) {
  Append("first", 1, "a", "put a 1");
  EXPECT_TRUE(Step(100).open);
  Append("first", 2, "b", "unavailable disk");
  EXPECT_FALSE(driver_->Step(0, 100).has_value());
  Heard();
  EXPECT_FALSE(driver_->Step(0, 100).has_value());
  EXPECT_THAT(Heard(), ElementsAre("record a now 1", "record b now 2"));
  EXPECT_EQ(State("a"), std::nullopt);
}

}  // namespace
}  // namespace mainstay::stream
