// A processor that does what the record says, for tests of the loop: the value is a list of commands, separated by ";".
//
//   put K V | erase K | emit V | effect V | timer KIND K AT V | cancel KIND K | seen ID | get K
//   dead REASON | fail REASON | unavailable REASON | answer-seen | die
// A timer's payload is a script too. Every call is written to `heard`.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "mainstay/base/hash.h"
#include "mainstay/stream/processor.h"
#include "mainstay/stream/record.h"

namespace mainstay::stream {

inline constexpr TableId kScriptTable = 1;

inline const Topology& ScriptTopology() {
  static const Topology topology = [] {
    Topology made;
    made.service = "script";
    made.inputs = {"first", "second", "script.internal"};
    made.outputs = {"out"};
    made.dead_letter = "script.dead-letter";
    made.internal = 2;
    made.tables = {kScriptTable};
    return made;
  }();
  return topology;
}

class ScriptProcessor final : public Processor {
 public:
  // `die` is how the process ends.
  explicit ScriptProcessor(std::vector<std::string>& heard, std::function<void()> die = {})
      : heard_(heard), die_(std::move(die)) {}

  Result<void> OnRecord(Context& context, const RecordView& record) override {
    heard_.push_back("record " + std::string(record.key) + " now " + std::to_string(ToMs(context.Now())));
    return Run(context, std::string(record.value), &record);
  }
  Result<void> OnTimer(Context& context, const Timer& timer) override {
    heard_.push_back("timer " + std::to_string(timer.kind) + " " + timer.key + " now " +
                     std::to_string(ToMs(context.Now())));
    return Run(context, timer.payload, nullptr);
  }
  Result<void> OnAcquired(Context& context) override {
    heard_.emplace_back("acquired");
    MAINSTAY_TRY_ASSIGN(unfinished, context.Get(kScriptTable, "unfinished"));
    if (unfinished) context.EmitEffect("again " + *unfinished);
    return {};
  }
  void OnRollback(Rollback scope) override {
    heard_.emplace_back(scope == Rollback::kRecord ? "rollback record" : "rollback batch");
  }

 private:
  Result<void> Run(Context& context, const std::string& script, const RecordView* record) {
    std::istringstream lines(script);
    for (std::string line; std::getline(lines, line, ';');) MAINSTAY_TRY(Do(context, line, record));
    return {};
  }

  Result<void> Do(Context& context, const std::string& line, const RecordView* record) {
    std::istringstream words(line);
    std::string verb;
    std::string a;
    std::string b;
    words >> verb >> a;
    if (verb == "timer" || verb == "cancel") return DoTimer(context, verb, a, words);
    words >> b;
    if (verb == "put") context.Put(kScriptTable, a, b);
    if (verb == "erase") context.Erase(kScriptTable, a);
    if (verb == "emit") context.Emit(0, std::string(record != nullptr ? record->key : "timer"), a);
    if (verb == "effect") context.EmitEffect(a);
    if (verb == "dead") context.DeadLetter(*record, Error{ErrorCode::kInvalidArgument, {}, a, "data.field"});
    if (verb == "die") die_();
    if (verb == "answer-seen") context.Answer({Verdict::Kind::kAlreadySeen, {}});
    if (verb == "fail") return Fail(ErrorCode::kInternal, a);
    if (verb == "unavailable") return Fail(ErrorCode::kUnavailable, a);
    if (verb == "seen") {
      MAINSTAY_TRY_ASSIGN(first, context.FirstSeen(HashParts({a})));
      heard_.push_back(first ? "first " + a : "again " + a);
    }
    if (verb == "get") {
      MAINSTAY_TRY_ASSIGN(value, context.Get(kScriptTable, a));
      heard_.push_back(a + " = " + value.value_or("absent"));
    }
    return {};
  }

  Result<void> DoTimer(Context& context, const std::string& verb, const std::string& kind, std::istringstream& words) {
    std::string key;
    words >> key;
    const auto number = static_cast<TimerKind>(std::stoi(kind));
    if (verb == "cancel") return context.CancelTimer(number, key);
    std::int64_t at = 0;
    std::string payload;
    words >> at;
    std::getline(words >> std::ws, payload);
    for (char& c : payload) c = c == '|' ? ';' : c;  // One level of nesting is enough.
    return context.SetTimer(number, key, FromMs(at), payload);
  }

  std::vector<std::string>& heard_;
  std::function<void()> die_;
};

}  // namespace mainstay::stream
