#include "debug_processor.h"

#include <cstdlib>

#include "mainstay/base/hash.h"
#include "mainstay/stream/key_builder.h"

namespace mainstay::simulation {

const stream::Topology& DebugTopology() {
  static const stream::Topology topology = [] {
    stream::Topology made;
    made.service = "debug";
    made.inputs = {"first", "second", "debug.internal"};
    made.outputs = {"left", "right"};
    made.dead_letter = "debug.dead-letter";
    made.internal = 2;
    made.tables = {kLists, kCounters};
    return made;
  }();
  return topology;
}

std::string Encode(const Request& request) {
  return stream::JoinKey({std::string(1, static_cast<char>(request.kind)), request.id,
                          std::to_string(request.remind_after_ms), std::to_string(request.repeats)});
}

std::optional<Request> DecodeRequest(std::string_view bytes) {
  const auto parts = stream::SplitKey(bytes);
  if (parts.size() != 4 || parts[0].size() != 1) return std::nullopt;
  return Request{static_cast<Request::Kind>(parts[0][0]), std::string(parts[1]),
                 std::strtoll(std::string(parts[2]).c_str(), nullptr, 10), std::atoi(std::string(parts[3]).c_str())};
}

Result<void> DebugProcessor::OnRecord(stream::Context& context, const stream::RecordView& record) {
  ++calls_;
  const auto request = DecodeRequest(record.value);
  if (!request) {
    context.DeadLetter(record, Error{ErrorCode::kInvalidArgument, {}, "not a request", "value"});
    return {};
  }
  MAINSTAY_TRY_ASSIGN(first, context.FirstSeen(HashParts({request->id})));
  if (!first) {
    context.Answer({stream::Verdict::Kind::kAlreadySeen, {}});
    return {};
  }
  const std::string key(record.key);
  if (flaws_.no_savepoint && request->kind != Request::Kind::kAdd) {
    context.DeadLetter(record, Error{ErrorCode::kInternal, {}, "set aside", {}});
    return Add(context, key, *request);  // As if the dead letter had not undone it.
  }
  MAINSTAY_TRY(Add(context, key, *request));
  const std::vector<stream::Timer> waiting = std::exchange(held_back_, {});
  for (const stream::Timer& timer : waiting) MAINSTAY_TRY(Remind(context, timer));
  if (request->kind == Request::Kind::kKilling) die_();
  if (request->kind == Request::Kind::kFailing) return Fail(ErrorCode::kInternal, "a request that always fails");
  if (request->kind == Request::Kind::kBadData) {
    context.DeadLetter(record, Error{ErrorCode::kInvalidArgument, {}, "bad data", "value"});
  }
  return {};
}

Result<void> DebugProcessor::OnTimer(stream::Context& context, const stream::Timer& timer) {
  ++calls_;
  if (flaws_.timers_after_record) {
    held_back_.push_back(timer);
    return {};
  }
  return Remind(context, timer);
}

Result<void> DebugProcessor::Remind(stream::Context& context, const stream::Timer& timer) {
  MAINSTAY_TRY(Append(context, timer.key, "reminder@" + std::to_string(ToMs(timer.at))));
  const auto parts = stream::SplitKey(timer.payload);
  const int repeats = std::atoi(std::string(parts.at(0)).c_str());
  if (repeats == 0) return {};
  const std::int64_t after = std::strtoll(std::string(parts.at(1)).c_str(), nullptr, 10);
  return context.SetTimer(kReminder, timer.key, context.Now() + Duration{after},
                          stream::JoinKey({std::to_string(repeats - 1), parts[1]}));
}

Result<void> DebugProcessor::Add(stream::Context& context, const std::string& key, const Request& request) {
  MAINSTAY_TRY(Append(context, key, request.id));
  if (request.remind_after_ms == 0) return context.CancelTimer(kReminder, key);
  return context.SetTimer(kReminder, key,
                          context.Now() + Duration{request.remind_after_ms + (flaws_.process_clock ? calls_ : 0)},
                          stream::JoinKey({std::to_string(request.repeats), std::to_string(request.remind_after_ms)}));
}

Result<void> DebugProcessor::Append(stream::Context& context, const std::string& key, const std::string& what) {
  MAINSTAY_TRY_ASSIGN(counter, context.Get(kCounters, "seq"));
  std::int64_t sequence = counter ? std::strtoll(counter->c_str(), nullptr, 10) : 0;
  if (flaws_.stale_cache && cached_sequence_) sequence = *cached_sequence_;
  cached_sequence_ = ++sequence;
  context.Put(kCounters, "seq", std::to_string(sequence));
  MAINSTAY_TRY_ASSIGN(list, context.Get(kLists, key));
  context.Put(kLists, key, list ? *list + "," + what : what);
  std::string line = std::to_string(sequence) + " " + what;
  context.Emit(0, key, line);
  context.Emit(1, key, std::move(line));
  return {};
}

}  // namespace mainstay::simulation
