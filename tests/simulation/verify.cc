#include "verify.h"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <tuple>
#include <utility>

#include "debug_processor.h"

namespace mainstay::simulation {
namespace {

// The debug service as a fold over one ordered log: maps, no batches, no crashes.
class Reference {
 public:
  explicit Reference(const std::vector<std::vector<stream::Record>>& inputs) {
    std::vector<std::tuple<std::int64_t, std::size_t, std::int64_t, const stream::Record*>> order;
    for (std::size_t topic = 0; topic < inputs.size(); ++topic) {
      for (const stream::Record& record : inputs[topic]) {
        order.emplace_back(record.ingest_ms, topic, record.offset, &record);
      }
    }
    std::sort(order.begin(), order.end());
    for (const auto& [at, topic, offset, record] : order) {
      FireUntil(at);
      if (topic != 2 || record->key != "tick") Take(*record);
    }
  }

  std::vector<Line> lines;
  std::vector<std::string> dead_ids;
  std::map<std::string, std::string> lists;
  std::map<std::pair<std::int64_t, std::string>, std::pair<int, std::int64_t>> timers;  // (at, key) -> repeats, after
  std::multiset<std::string> applied;
  Probes probes;

 private:
  void Append(std::int64_t now, const std::string& key, const std::string& what) {
    std::string& list = lists[key];
    list += (list.empty() ? "" : ",") + what;
    lines.push_back({now, key, std::to_string(lines.size() + 1) + " " + what});
  }
  void Cancel(const std::string& key) {
    std::erase_if(timers, [&](const auto& timer) { return timer.first.second == key; });
  }
  void FireUntil(std::int64_t until) {
    while (!timers.empty() && timers.begin()->first.first <= until) {
      const auto [at_key, rest] = *timers.begin();
      timers.erase(timers.begin());
      Append(at_key.first, at_key.second, "reminder@" + std::to_string(at_key.first));
      ++probes.reminders;
      if (rest.first > 0) timers[{at_key.first + rest.second, at_key.second}] = {rest.first - 1, rest.second};
    }
  }
  void Take(const stream::Record& record) {
    const auto request = DecodeRequest(record.value);
    if (!request) return;
    const auto seen = first_seen_.find(request->id);
    if (seen != first_seen_.end() && record.ingest_ms - seen->second < kWindowMs) {
      ++probes.repeats_of_ids;
      return;
    }
    if (request->kind != Request::Kind::kAdd) {
      dead_ids.push_back(request->id);
      ++probes.set_aside;
      return;
    }
    if (seen != first_seen_.end()) ++probes.forgotten_ids;
    first_seen_[request->id] = record.ingest_ms;
    applied.insert(request->id);
    Append(record.ingest_ms, record.key, request->id);
    Cancel(record.key);
    if (request->remind_after_ms == 0) return;
    timers[{record.ingest_ms + request->remind_after_ms, record.key}] = {request->repeats, request->remind_after_ms};
  }

  std::map<std::string, std::int64_t> first_seen_;
};

std::string Show(const Line& line) {
  return "{" + std::to_string(line.ingest_ms) + " " + line.key + ": " + line.value + "}";
}

void Compare(const std::string& what, const std::vector<Line>& expected, const std::vector<Line>& actual,
             std::vector<std::string>& wrong) {
  for (std::size_t i = 0; i < std::max(expected.size(), actual.size()); ++i) {
    if (i < expected.size() && i < actual.size() && expected[i] == actual[i]) continue;
    wrong.push_back(what + " differs at " + std::to_string(i) + ": expected " +
                    (i < expected.size() ? Show(expected[i]) : "nothing") + ", found " +
                    (i < actual.size() ? Show(actual[i]) : "nothing"));
    return;
  }
}

// Properties that hold whatever the reference says: what clients were told, torn transactions, gaps.
void CheckPromises(const ShardEvidence& evidence, std::vector<std::string>& wrong) {
  std::map<std::string, int> applied;
  std::int64_t sequence = 0;
  for (const Line& line : evidence.left) {
    const std::size_t space = line.value.find(' ');
    ++applied[line.value.substr(space + 1)];
    if (std::strtoll(line.value.c_str(), nullptr, 10) != ++sequence) {
      wrong.push_back("sequence has a gap or repeats at " + Show(line));
      break;
    }
  }
  if (evidence.left != evidence.right) wrong.emplace_back("the two topics disagree: a transaction was torn");
  for (const auto& [id, knowledge] : evidence.sent) {
    const auto found = applied.find(id);
    const int times = found == applied.end() ? 0 : found->second;
    if (knowledge == Knowledge::kOk && times != 1) wrong.push_back("ok id " + id + " applied " + std::to_string(times));
    if (knowledge == Knowledge::kFailed && times != 0) wrong.push_back("failed id " + id + " was applied");
    if (knowledge == Knowledge::kUnknown && times > 1) wrong.push_back("unknown id " + id + " applied more than once");
  }
}

}  // namespace

std::vector<std::string> Verify(const ShardEvidence& evidence) {
  std::vector<std::string> wrong;
  const Reference reference(evidence.inputs);
  CheckPromises(evidence, wrong);
  Compare("left", reference.lines, evidence.left, wrong);
  Compare("right", reference.lines, evidence.right, wrong);
  if (reference.lists != evidence.lists) wrong.emplace_back("the lists in the store differ from the reference");
  if (reference.dead_ids != evidence.dead_ids) wrong.emplace_back("the dead letters differ from the reference");
  if (evidence.wrong_letters > 0) wrong.emplace_back("a dead letter gives a reason that is not its own");
  if (reference.timers.size() != evidence.timers || evidence.timers != evidence.timer_index) {
    wrong.push_back("timers in the store: " + std::to_string(evidence.timers) + ", in their index: " +
                    std::to_string(evidence.timer_index) + ", expected " + std::to_string(reference.timers.size()));
  }
  return wrong;
}

Probes CountProbes(const ShardEvidence& evidence) { return Reference(evidence.inputs).probes; }

}  // namespace mainstay::simulation
