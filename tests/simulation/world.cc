#include "world.h"

#include <algorithm>
#include <set>
#include <utility>

#include "mainstay/stream/dead_letter.h"

namespace mainstay::simulation {
namespace {

using stream_sim::CommitFault;
using stream_sim::Loss;

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kDayMs = 24 * kHourMs;
constexpr std::size_t kRoundsToRest = 5'000;  // Far more than any world needs.

class World {
 public:
  World(std::uint64_t seed, const WorldOptions& options)
      : random_(seed),
        options_(options),
        broker_(options.partitions),
        sent_(static_cast<std::size_t>(options.partitions)) {
    stream_sim::DriverOptions driver;
    driver.mutations = options.mutations;
    driver.loop.max_records_per_commit = 1 + Below(random_, 8);
    driver.loop.max_timers_per_commit = 1 + Below(random_, 4);
    driver.fault = [this](std::int32_t) { return NextFault(); };
    driver.loss = [this] { return NextLoss(); };
    driver.processed = [this](std::int32_t p, const stream::ProcessedRecord& record) { OnAnswer(p, record); };
    const Flaws flaws = options.flaws;
    driver_ = std::make_unique<stream_sim::TaskDriver>(
        broker_, DebugTopology(),
        [this, flaws](auto, auto) {
          return std::make_unique<DebugProcessor>(flaws, [this] {
            ++report_.killed;
            driver_->KillSelf();
          });
        },
        driver);
  }

  WorldReport Run() {
    for (int i = 0; i < options_.steps && report_.violations.empty(); ++i) OneStep();
    Heal();
    report_.crashes = driver_->crashes();
    for (std::int32_t p = 0; p < broker_.partitions(); ++p) Judge(p);
    return std::move(report_);
  }

 private:
  CommitFault NextFault() {
    if (healed_ || Below(random_, 100) >= options_.fault_percent) return CommitFault::kNone;
    const auto fault = static_cast<CommitFault>(1 + Below(random_, stream_sim::kCommitFaults - 1));
    ++report_.faults[fault];
    return fault;
  }
  Loss NextLoss() {
    const auto loss = static_cast<Loss>(Below(random_, 3));
    if (loss == Loss::kDisk) ++report_.disks_lost;
    return loss;
  }

  void OneStep() {
    now_ms_ += 1 + static_cast<std::int64_t>(Below(random_, Below(random_, 30) == 0 ? 2 * kDayMs : kHourMs));
    driver_->set_wall(FromMs(now_ms_));
    const auto p = static_cast<std::int32_t>(Below(random_, static_cast<std::uint64_t>(broker_.partitions())));
    switch (Below(random_, 20)) {
      case 0: Hold(p); break;
      case 1:
      case 2: Release(p); break;
      case 3: Tick(); break;
      case 4: driver_->store(p).Sync(); break;
      case 5: MaybeTakeOver(p); break;
      case 6: driver_->Crash(p, NextLoss()); break;
      case 7:
      case 8: Resend(p); break;
      case 9:
      case 10:
      case 11:
      case 12:
      case 13: Send(p); break;
      default: Step(p);
    }
  }

  void Step(std::int32_t p) {
    const auto step = driver_->Step(p, Below(random_, 6));
    if (!step) return Wrong("shard " + std::to_string(p) + " stopped: " + step.error().message);
    report_.waits += step->waiting ? 1 : 0;
    report_.left_open += step->open ? 1 : 0;
    if (step->released) driver_->loop(p).Reacquire();
  }
  void Tick() {
    if (const auto ticked = driver_->TickTo(FromMs(now_ms_)); !ticked) Wrong(ticked.error().message);
  }
  void Hold(std::int32_t p) {
    const std::string& topic = DebugTopology().inputs[Below(random_, 3)];
    broker_.Hold(topic, p, broker_.EndOf(topic, p));
  }
  void Release(std::int32_t p) {
    for (const std::string& topic : DebugTopology().inputs) broker_.Hold(topic, p, std::nullopt);
  }
  // The old owner sleeps through the new one's first steps, then wakes up and tries to go on.
  void MaybeTakeOver(std::int32_t p) {
    if (Below(random_, 4) > 0) return;
    ++report_.takeovers;
    driver_->TakeOver(p);
    Step(p);
    WakeOldOwners();
  }

  void WakeOldOwners() {
    if (driver_->StepZombies() == 0) ++report_.fenced;
  }

  void Send(std::int32_t p) {
    Request request;
    request.id = "c" + std::to_string(Below(random_, 3)) + "-" + std::to_string(++ids_);
    const auto luck = Below(random_, 100);
    request.kind = luck < 2    ? Request::Kind::kFailing
                   : luck < 10 ? Request::Kind::kBadData
                   : luck < 11 ? Request::Kind::kKilling
                               : Request::Kind::kAdd;
    if (Below(random_, 4) > 0) {
      request.remind_after_ms = 1 + static_cast<std::int64_t>(Below(random_, 3 * kDayMs));
      request.repeats = static_cast<int>(Below(random_, 4));
    }
    Known known{"k" + std::to_string(Below(random_, 6)), Encode(request), request.id, now_ms_};
    if (request.kind == Request::Kind::kAdd) Tell(p, request.id, Attempt(p, known));
    if (request.kind != Request::Kind::kAdd) (void)Attempt(p, known);
    known_.push_back({p, std::move(known)});
  }
  // Another client, or the same after a lost answer, sends an id again; often near the edge of the dedup window.
  void Resend(std::int32_t p) {
    if (known_.empty()) return;
    std::vector<const Known*> candidates;
    for (const auto& [partition, known] : known_) {
      const std::int64_t age = now_ms_ - known.first_ms;
      if (partition == p && age > kWindowMs - 2 * kDayMs && age < kWindowMs + kDayMs) candidates.push_back(&known);
    }
    if (candidates.empty() || Below(random_, 3) == 0) {
      const auto& [partition, known] = known_[Below(random_, known_.size())];
      if (partition == p) candidates = {&known};
    }
    if (candidates.empty()) return;
    const Known& chosen = *candidates[Below(random_, candidates.size())];
    const std::int64_t edge = chosen.first_ms + kWindowMs;
    if (edge > now_ms_ && Below(random_, 2) == 0)
      now_ms_ = std::max(now_ms_, edge - 1 + static_cast<std::int64_t>(Below(random_, 3)));
    const Knowledge knowledge = Attempt(p, chosen);
    if (now_ms_ >= edge) {
      sent_[static_cast<std::size_t>(p)].erase(chosen.id);  // May rightly count twice.
      forgettable_.insert(chosen.id);
    } else if (DecodeRequest(chosen.bytes)->kind == Request::Kind::kAdd) {
      Tell(p, chosen.id, knowledge);
    }
  }

  struct Known {
    std::string key;
    std::string bytes;
    std::string id;
    std::int64_t first_ms = 0;
  };
  // Sends once: arrives and is answered, is lost on the way, or arrives and the answer is lost.
  Knowledge Attempt(std::int32_t p, const Known& known) {
    const auto luck = Below(random_, 10);
    if (luck == 0) return Knowledge::kFailed;
    ++now_ms_;  // Every record has a time of its own, so the reference has only one order.
    if (luck > 1) broker_.Append({DebugTopology().inputs[Below(random_, 2)], p, now_ms_, known.key, known.bytes});
    return luck <= 3 ? Knowledge::kUnknown : Knowledge::kOk;
  }
  void Tell(std::int32_t p, const std::string& id, Knowledge latest) {
    if (forgettable_.contains(id)) return;
    const auto [known, added] = sent_[static_cast<std::size_t>(p)].try_emplace(id, latest);
    if (added) return;
    // Ok stays ok; anything else that may have arrived once is unknown.
    if (latest == Knowledge::kOk) known->second = latest;
    if (latest == Knowledge::kUnknown && known->second == Knowledge::kFailed) known->second = latest;
  }
  void OnAnswer(std::int32_t p, const stream::ProcessedRecord& record) {
    ++report_.answers;
    const auto [at, added] = answers_.try_emplace({p, record.topic, record.offset}, record.verdict.kind);
    if (!added) Wrong("offset " + std::to_string(record.offset) + " was answered twice");
  }

  void Heal() {
    healed_ = true;
    for (std::int32_t p = 0; p < broker_.partitions(); ++p) Release(p);
    WakeOldOwners();
    if (const auto ran = driver_->RunUntilIdle(kRoundsToRest); !ran) return Wrong(ran.error().message);
    // Reminders that are due fire by ticks alone; all of them are over in less than two weeks.
    for (int day = 0; day < 14; ++day) {
      now_ms_ += kDayMs;
      Tick();
      if (const auto ran = driver_->RunUntilIdle(kRoundsToRest); !ran) return Wrong(ran.error().message);
    }
  }
  void Judge(std::int32_t p) {
    ShardEvidence evidence = CollectEvidence(broker_, driver_->store(p), p);
    evidence.sent = sent_[static_cast<std::size_t>(p)];
    for (const std::string& wrong : Verify(evidence)) Wrong("shard " + std::to_string(p) + ": " + wrong);
    const Probes probes = CountProbes(evidence);
    report_.probes.reminders += probes.reminders;
    report_.probes.repeats_of_ids += probes.repeats_of_ids;
    report_.probes.forgotten_ids += probes.forgotten_ids;
    report_.probes.set_aside += probes.set_aside;
  }
  void Wrong(std::string what) { report_.violations.push_back(std::move(what)); }

  Random random_;
  const WorldOptions options_;
  stream_sim::SimBroker broker_;
  std::unique_ptr<stream_sim::TaskDriver> driver_;
  std::vector<std::map<std::string, Knowledge>> sent_;  // By partition.
  std::vector<std::pair<std::int32_t, Known>> known_;
  std::set<std::string> forgettable_;
  std::map<std::tuple<std::int32_t, stream::TopicId, std::int64_t>, stream::Verdict::Kind> answers_;
  std::int64_t now_ms_ = 1'000'000;
  std::int64_t ids_ = 0;
  bool healed_ = false;
  WorldReport report_;
};

std::vector<Line> Lines(const stream_sim::SimBroker& broker, const std::string& topic, std::int32_t partition) {
  std::vector<Line> lines;
  for (const auto& entry : broker.All(topic, partition)) {
    lines.push_back({entry.ingest_ms, entry.key, entry.value.value_or("")});
  }
  return lines;
}

}  // namespace

WorldReport RunWorld(std::uint64_t seed, const WorldOptions& options) { return World(seed, options).Run(); }

ShardEvidence CollectEvidence(const stream_sim::SimBroker& broker, stream_sim::SimStore& store,
                              std::int32_t partition) {
  ShardEvidence evidence;
  for (const std::string& topic : DebugTopology().inputs) {
    std::vector<stream::Record>& records = evidence.inputs.emplace_back();
    for (const auto& entry : broker.All(topic, partition)) {
      records.push_back({entry.offset, entry.ingest_ms, entry.key, entry.value.value_or("")});
    }
  }
  evidence.left = Lines(broker, "left", partition);
  evidence.right = Lines(broker, "right", partition);
  for (const auto& entry : broker.All(DebugTopology().dead_letter, partition)) {
    const auto letter = stream::DecodeDeadLetter(entry.value.value_or(""));
    const auto request = letter ? DecodeRequest(letter->value) : std::nullopt;
    evidence.dead_ids.push_back(request ? request->id : "undecodable");
    const bool killing = request && request->kind == Request::Kind::kKilling;
    if (letter) evidence.wrong_letters += killing != (letter->code == "crash-loop") ? 1 : 0;
  }
  const auto& tables = store.image().tables;
  const auto size = [&](stream::TableId table) { return tables.contains(table) ? tables.at(table).size() : 0; };
  if (tables.contains(kLists)) evidence.lists = {tables.at(kLists).begin(), tables.at(kLists).end()};
  evidence.timers = size(stream::kTimerTable);
  evidence.timer_index = size(stream::kTimerIndexTable);
  return evidence;
}

}  // namespace mainstay::simulation
