#include "ports_contract.h"

#include <map>
#include <optional>
#include <ostream>
#include <utility>

#include "mainstay/base/random.h"
#include "mainstay/stream/key_builder.h"
#include "mainstay/testing/seed.h"

namespace mainstay::contract {

using stream::CommitBatch;
using stream::Outcome;
using Pairs = std::vector<std::pair<std::string, std::string>>;
using namespace std::string_literals;

const stream::Topology& ContractTopology() {
  static const stream::Topology topology = [] {
    stream::Topology made;
    made.service = "it";
    made.inputs = {"in-a", "in-b", "it.internal"};
    made.outputs = {"out-x", "out-y"};
    made.dead_letter = "it.dead-letter";
    made.internal = 2;
    made.tables = {1, 2};
    return made;
  }();
  return topology;
}

void PortsContract::SetUp() {
  std::string reason;
  ports_ = GetParam().make(&reason);
  if (ports_ == nullptr) GTEST_SKIP() << reason;
}

void PortsContract::Acquire() {
  auto meta = ports_->log().Acquire(ports_->store());
  ASSERT_TRUE(meta.has_value()) << meta.error().message;
  meta_ = *meta;
  ASSERT_EQ(meta_.positions.size(), 3U);
}

void PortsContract::Commit(CommitBatch batch) {
  batch.meta = meta_;
  ++batch.meta.transaction;
  ASSERT_EQ(ports_->log().Commit(batch), Outcome::kCommitted);
  ASSERT_TRUE(ports_->store().Apply(batch).has_value());
  meta_ = batch.meta;
}

Pairs PortsContract::ScanAll(stream::TableId table, std::string_view prefix, std::string_view from) {
  Pairs found;
  const auto scanned = ports_->store().Scan(table, prefix, from, [&](std::string_view key, std::string_view value) {
    found.emplace_back(key, value);
    return true;
  });
  EXPECT_TRUE(scanned.has_value());
  return found;
}

TEST_P(PortsContract, AFirstStartBeginsAtTheEarliestOffsetsWithNothing) {
  const auto offsets = ports_->AppendInput(0, {{10, "k", "v"}});
  Acquire();
  EXPECT_EQ(meta_.transaction, 0U);
  EXPECT_EQ(meta_.stream_time_ms, INT64_MIN);
  EXPECT_LE(meta_.positions[0], offsets[0]);
  EXPECT_TRUE(ScanAll(1).empty());
  const auto got = ports_->store().Get(1, "k");
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(*got, std::nullopt);
}

TEST_P(PortsContract, InputIsReadInOrderFromAnyOffset) {
  Acquire();
  std::vector<Input> inputs;
  inputs.reserve(25);
  for (int i = 0; i < 25; ++i) inputs.push_back({100 + i, "key" + std::to_string(i), std::string(5, '\0') + "v"});
  const auto offsets = ports_->AppendInput(1, inputs);
  std::vector<stream::Record> read;
  ASSERT_TRUE(ports_->log().Read(1, offsets[3], 7, read).has_value());
  ASSERT_EQ(read.size(), 7U) << "max is respected and reached while there is more";
  for (std::size_t i = 0; i < read.size(); ++i) {
    EXPECT_EQ(read[i].offset, offsets[3 + i]);
    EXPECT_EQ(read[i].ingest_ms, inputs[3 + i].ingest_ms);
    EXPECT_EQ(read[i].key, inputs[3 + i].key);
    EXPECT_EQ(read[i].value, inputs[3 + i].value);
  }
  ASSERT_TRUE(ports_->log().Read(1, offsets[10], 100, read).has_value());
  EXPECT_EQ(read.size(), 7U + 15U) << "Read appends to what is there";
}

TEST_P(PortsContract, EndIsOnePastTheLastRecordSoThatNobodyWaitsForNothing) {
  Acquire();
  for (int round = 0; round < 3; ++round) {
    const auto offsets = ports_->AppendInput(0, {{round, "k", "v"}, {round, "k", "w"}});
    const auto end = ports_->log().End(0);
    ASSERT_TRUE(end.has_value());
    EXPECT_EQ(*end, offsets[1] + 1);
    std::vector<stream::Record> read;
    ASSERT_TRUE(ports_->log().Read(0, *end, 10, read).has_value());
    EXPECT_TRUE(read.empty());
    Commit({{}, {{false, 0, 0, round, "o", "x"}}, {}});
  }
  const auto untouched = ports_->log().End(1);
  ASSERT_TRUE(untouched.has_value());
  EXPECT_EQ(*untouched, meta_.positions[1]);
}

TEST_P(PortsContract, ATransactionShowsOutputsStateAndMetaTogether) {
  Acquire();
  meta_.positions = {5, 6, 7};
  meta_.stream_time_ms = 42;
  meta_.wall_ms = 43;
  Commit({{},
          {{false, 0, 0, 40, "k1", "v1"}, {false, 1, 0, 41, "k2", ""}, {true, 0, 0, 42, "k3", "\0bytes"s}},
          {{1, "a", "1"}, {2, "a", "2"}},
          {{{1, 2}, 42}}});
  const auto x = ports_->ReadTopic("out-x");
  ASSERT_EQ(x.size(), 1U);
  EXPECT_EQ(x[0].key, "k1");
  EXPECT_EQ(x[0].value, "v1");
  EXPECT_EQ(x[0].ingest_ms, 40);
  const auto y = ports_->ReadTopic("out-y");
  ASSERT_EQ(y.size(), 1U);
  EXPECT_EQ(y[0].value, "");
  const auto dead = ports_->ReadTopic("it.dead-letter");
  ASSERT_EQ(dead.size(), 1U);
  EXPECT_EQ(dead[0].value, "\0bytes"s);
  EXPECT_EQ(ScanAll(1), (Pairs{{"a", "1"}}));
  EXPECT_EQ(ScanAll(2), (Pairs{{"a", "2"}}));
  EXPECT_EQ(*ports_->store().SeenAt({1, 2}), 42);
  EXPECT_EQ(*ports_->store().SeenAt({1, 3}), std::nullopt);
  const auto snapshot = ports_->store().TakeSnapshot();
  ASSERT_TRUE(snapshot.has_value());
  EXPECT_EQ((*snapshot)->meta(), meta_);
}

TEST_P(PortsContract, OutputsKeepTheirOrderAndTheirOffsetsGrow) {
  Acquire();
  for (int round = 0; round < 3; ++round) {
    CommitBatch batch;
    for (int i = 0; i < 10; ++i) batch.outputs.push_back({false, 0, 0, round, "k", std::to_string(round * 10 + i)});
    Commit(batch);
  }
  const auto records = ports_->ReadTopic("out-x");
  ASSERT_EQ(records.size(), 30U);
  for (std::size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(records[i].value, std::to_string(i));
    if (i > 0) {
      EXPECT_GT(records[i].offset, records[i - 1].offset);
    }
  }
}

TEST_P(PortsContract, ScanIsOrderedBoundedByPrefixAndStartsAtFrom) {
  Acquire();
  Commit({{},
          {},
          {{1, "a", "1"},
           {1, "a\0"s, "2"},
           {1, "a\0b"s, "3"},
           {1, "ab", "4"},
           {1, "b", ""},
           {1, "\xff"s, "6"},
           {1, "\xff\xff"s, "7"},
           {1, "", "0"},
           {2, "a", "other table"}}});
  EXPECT_EQ(ScanAll(1), (Pairs{{"", "0"},
                               {"a", "1"},
                               {"a\0"s, "2"},
                               {"a\0b"s, "3"},
                               {"ab", "4"},
                               {"b", ""},
                               {"\xff", "6"},
                               {"\xff\xff", "7"}}));
  EXPECT_EQ(ScanAll(1, "a"), (Pairs{{"a", "1"}, {"a\0"s, "2"}, {"a\0b"s, "3"}, {"ab", "4"}}));
  EXPECT_EQ(ScanAll(1, "a", "a\0b"s), (Pairs{{"a\0b"s, "3"}, {"ab", "4"}}));
  EXPECT_EQ(ScanAll(1, "a", "A"), ScanAll(1, "a"));
  EXPECT_EQ(ScanAll(1, "a", "b"), Pairs{});
  EXPECT_EQ(ScanAll(1, "\xff"), (Pairs{{"\xff", "6"}, {"\xff\xff", "7"}}));
  EXPECT_EQ(ScanAll(1, {}, "b\0"s), (Pairs{{"\xff", "6"}, {"\xff\xff", "7"}}));
  int visits = 0;
  ASSERT_TRUE(ports_->store().Scan(1, {}, {}, [&](auto, auto) { return ++visits < 3; }).has_value());
  EXPECT_EQ(visits, 3);
}

TEST_P(PortsContract, AnEmptyValueIsNotAbsentAndAnErasedKeyIs) {
  Acquire();
  Commit({{}, {}, {{1, "empty", ""}, {1, "gone", "x"}, {1, "never", std::nullopt}}});
  Commit({{}, {}, {{1, "gone", std::nullopt}}});
  for (const bool reopened : {false, true}) {
    if (reopened) {
      ports_->Reopen(Loss::kProcess);
      Acquire();
    }
    const auto empty = ports_->store().Get(1, "empty");
    const auto gone = ports_->store().Get(1, "gone");
    const auto never = ports_->store().Get(1, "never");
    ASSERT_TRUE(empty && gone && never);
    EXPECT_EQ(*empty, std::optional<std::string>(""));
    EXPECT_EQ(*gone, std::nullopt);
    EXPECT_EQ(*never, std::nullopt);
  }
}

TEST_P(PortsContract, ASnapshotNeverChanges) {
  Acquire();
  Commit({{}, {}, {{1, "a", "1"}, {1, "b", "1"}}});
  auto snapshot = ports_->store().TakeSnapshot();
  ASSERT_TRUE(snapshot.has_value());
  const stream::Meta then = meta_;
  Commit({{}, {}, {{1, "a", "2"}, {1, "b", std::nullopt}, {1, "c", "2"}}});
  const auto a = (*snapshot)->Get(1, "a");
  ASSERT_TRUE(a.has_value());
  EXPECT_EQ(*a, std::optional<std::string>("1"));
  Pairs seen;
  ASSERT_TRUE((*snapshot)
                  ->Scan(1, {}, {},
                         [&](std::string_view key, std::string_view value) {
                           seen.emplace_back(key, value);
                           return true;
                         })
                  .has_value());
  EXPECT_EQ(seen, (Pairs{{"a", "1"}, {"b", "1"}}));
  EXPECT_EQ((*snapshot)->meta(), then);
}

TEST_P(PortsContract, MetaAndInputSurviveEveryReopening) {
  Acquire();
  const auto offsets = ports_->AppendInput(0, {{1, "k", "v"}, {2, "k", "w"}});
  meta_.positions[0] = offsets[1];
  meta_.stream_time_ms = 2;
  meta_.wall_ms = 99;
  Commit({{}, {{false, 0, 0, 1, "o", "p"}}, {{1, "a", "1"}}});
  const stream::Meta committed = meta_;
  for (const Loss loss : {Loss::kNothing, Loss::kProcess}) {
    ports_->Reopen(loss);
    Acquire();
    EXPECT_EQ(meta_, committed);
    EXPECT_EQ(ScanAll(1), (Pairs{{"a", "1"}}));
    EXPECT_EQ(ports_->ReadTopic("out-x").size(), 1U);
    std::vector<stream::Record> read;
    ASSERT_TRUE(ports_->log().Read(0, meta_.positions[0], 10, read).has_value());
    ASSERT_EQ(read.size(), 1U);
    EXPECT_EQ(read[0].value, "w");
  }
}

TEST_P(PortsContract, AcquireBringsTheStoreUpToACommitItNeverApplied) {
  Acquire();
  Commit({{}, {}, {{1, "a", "old"}, {1, "b", "old"}}});
  if (!ports_->CrashBetweenCommitAndApply()) GTEST_SKIP() << "commit and apply are one write here";
  CommitBatch batch{meta_, {}, {{1, "a", "new"}, {1, "b", std::nullopt}}};
  ++batch.meta.transaction;
  EXPECT_NE(ports_->log().Commit(batch), Outcome::kCommitted);
  ports_->Reopen(Loss::kProcess);
  Acquire();
  EXPECT_EQ(meta_, batch.meta);
  EXPECT_EQ(ScanAll(1), (Pairs{{"a", "new"}}));
}

TEST_P(PortsContract, ASecondOwnerFencesTheFirst) {
  Acquire();
  Commit({{}, {}, {{1, "a", "1"}}});
  const auto second = ports_->SecondOwner();
  if (second == nullptr) GTEST_SKIP() << "the medium keeps a second owner out";
  const auto taken = second->log().Acquire(second->store());
  ASSERT_TRUE(taken.has_value());
  EXPECT_EQ(*taken, meta_);
  CommitBatch late{meta_, {{false, 0, 0, 1, "late", "late"}}, {{1, "a", "late"}}};
  ++late.meta.transaction;
  EXPECT_EQ(ports_->log().Commit(late), Outcome::kFenced);
  EXPECT_TRUE(ports_->ReadTopic("out-x").empty());
  const auto value = second->store().Get(1, "a");
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ(*value, std::optional<std::string>("1"));
}

// The earliest timer is read from the head of a table whose head is full of erased entries: what an implementation
// remembers to skip them must never hide one that was set earlier afterwards.
TEST_P(PortsContract, TheFirstTimerIsTheFirstTimerWhateverWasErasedBeforeIt) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  Random random{seed};
  std::map<std::string, std::string> model;
  Acquire();
  int lowered = 0;
  for (int round = 0; round < 300; ++round) {
    CommitBatch batch;
    if (!model.empty() && Below(random, 3) > 0) {
      batch.changes.push_back({stream::kTimerTable, model.begin()->first, std::nullopt});
      model.erase(model.begin());
    }
    std::string key;
    stream::AppendOrderedInt64(key, static_cast<std::int64_t>(Below(random, 1'000)) - 500);
    stream::AppendUint16(key, 7);
    if (batch.changes.empty() || batch.changes[0].key != key) {
      lowered += !model.empty() && key < model.begin()->first ? 1 : 0;
      batch.changes.push_back({stream::kTimerTable, key, "p"});
      model[key] = "p";
    }
    Commit(batch);
    if (Below(random, 20) == 0) {
      ports_->Reopen(Loss::kProcess);
      Acquire();
    }
    std::optional<std::string> first;
    const auto scanned = ports_->store().Scan(stream::kTimerTable, {}, {}, [&](std::string_view found, auto) {
      first = std::string(found);
      return false;
    });
    ASSERT_TRUE(scanned.has_value());
    ASSERT_EQ(first.has_value(), !model.empty());
    if (first) {
      ASSERT_EQ(*first, model.begin()->first);
    }
  }
  EXPECT_GT(lowered, 0) << "vacuous walk: no timer was ever set before all others";
}

TEST_P(PortsContract, TheRecordInHandAtADeathIsCountedUntilItIsDone) {
  const stream::TakenMarks::Taken record{1, 7, 99};
  Acquire();
  if (ports_->store().taken_marks() == nullptr) GTEST_SKIP() << "the store keeps no marks";
  for (int deaths = 0; deaths < 3; ++deaths) {
    stream::TakenMarks& marks = *ports_->store().taken_marks();
    EXPECT_EQ(marks.DeathsOf(record), deaths);
    marks.Take({0, 3, 5});
    marks.PutBack();
    marks.Forget({4, 7, 0});
    marks.Take(record);
    ports_->Reopen(Loss::kProcess);
    Acquire();
  }
  stream::TakenMarks& marks = *ports_->store().taken_marks();
  EXPECT_EQ(marks.DeathsOf(record), 3);
  EXPECT_EQ(marks.DeathsOf({0, 3, 5}), 0) << "its handler returned";
  EXPECT_EQ(marks.DeathsOf({1, 7, 98}), 0) << "another record at the same offset";
  marks.Forget({0, 8, 0});
  EXPECT_EQ(marks.DeathsOf(record), 0);
  ports_->Reopen(Loss::kProcess);
  Acquire();
  EXPECT_EQ(ports_->store().taken_marks()->DeathsOf(record), 0);
}

TEST_P(PortsContract, AStoreThatIsAloneWithItsStateKeepsItAndAnyOtherCanStartOver) {
  Acquire();
  Commit({{}, {}, {{1, "a", "1"}, {stream::kTimerTable, "b", "2"}}, {{{1, 2}, 42}}});
  stream::Meta empty;
  empty.positions = {0, 0, 0};
  const auto cleared = ports_->store().Clear(empty);
  const bool kept = !cleared.has_value();
  if (kept) {
    EXPECT_EQ(cleared.error().code, ErrorCode::kFailedPrecondition);
  }
  EXPECT_EQ(ScanAll(1).empty(), !kept);
  EXPECT_EQ(ScanAll(stream::kTimerTable).empty(), !kept);
  EXPECT_EQ(ports_->store().SeenAt({1, 2})->has_value(), kept);
  const auto snapshot = ports_->store().TakeSnapshot();
  ASSERT_TRUE(snapshot.has_value());
  EXPECT_EQ((*snapshot)->meta(), kept ? meta_ : empty);
}

TEST_P(PortsContract, AnyHistoryOfCommitsAndReopeningsEqualsAMap) {
  const std::uint64_t seed = testing::SeedFromEnv();
  SCOPED_TRACE("replay with MAINSTAY_SEED=" + std::to_string(seed));
  Random random{seed};
  std::map<std::pair<stream::TableId, std::string>, std::string> model;
  std::map<Hash128, std::int64_t> seen;
  std::vector<std::string> outputs;
  constexpr stream::TableId kTables[] = {1, 2, stream::kTimerIndexTable};
  Acquire();
  int reopened = 0;
  for (int round = 0; round < 120; ++round) {
    std::map<std::pair<stream::TableId, std::string>, std::optional<std::string>> writes;
    for (std::uint64_t i = 0; i < Below(random, 12); ++i) {
      std::string key(1 + Below(random, 3), 'a');
      for (char& letter : key) letter = static_cast<char>("a\0\xff"[Below(random, 3)]);
      std::optional<std::string> value;
      if (Below(random, 3) > 0) value = std::to_string(random());
      writes[{kTables[Below(random, 3)], key}] = value;
    }
    CommitBatch batch;
    for (auto& [at, value] : writes) {
      batch.changes.push_back({at.first, at.second, value});
      if (value) {
        model[at] = *value;
      } else {
        model.erase(at);
      }
    }
    for (std::uint64_t i = 0; i < Below(random, 4); ++i) {
      batch.seen.push_back({{Below(random, 3), Below(random, 20)}, round});
      seen[batch.seen.back().id] = round;
    }
    outputs.push_back(std::to_string(round));
    batch.outputs.push_back({false, 0, 0, round, "k", outputs.back()});
    meta_.stream_time_ms = round;
    Commit(batch);
    if (Below(random, 10) == 0) {
      ports_->Reopen(Below(random, 2) == 0 ? Loss::kNothing : Loss::kProcess);
      const stream::Meta before = meta_;
      Acquire();
      ASSERT_EQ(meta_, before);
      ++reopened;
    }
    for (const stream::TableId table : kTables) {
      Pairs expected;
      for (const auto& [at, value] : model) {
        if (at.first == table) expected.emplace_back(at.second, value);
      }
      ASSERT_EQ(ScanAll(table), expected) << "table " << table << " after round " << round;
    }
    for (const Hash128 id : {Hash128{0, Below(random, 20)}, Hash128{Below(random, 3), Below(random, 20)}}) {
      const auto known = seen.find(id);
      ASSERT_EQ(*ports_->store().SeenAt(id), known == seen.end() ? std::nullopt : std::optional(known->second));
    }
  }
  const auto records = ports_->ReadTopic("out-x");
  ASSERT_EQ(records.size(), outputs.size());
  for (std::size_t i = 0; i < records.size(); ++i) EXPECT_EQ(records[i].value, outputs[i]);
  EXPECT_GT(reopened, 0) << "vacuous walk: nothing was ever reopened";
}

}  // namespace mainstay::contract
