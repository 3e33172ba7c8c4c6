#include "mainstay/stream_sim/broker.h"

#include <algorithm>
#include <set>

#include "mainstay/base/check.h"

namespace mainstay::stream_sim {

SimBroker::Entry& SimBroker::Add(Partition& partition, State state) {
  const auto offset = static_cast<std::int64_t>(partition.entries.size());
  partition.entries.push_back({{offset, 0, {}, {}}, state, {}});
  return partition.entries.back();
}

const SimBroker::Partition* SimBroker::Find(const std::string& topic, std::int32_t partition) const {
  const auto found = topics_.find({topic, partition});
  return found == topics_.end() ? nullptr : &found->second;
}

std::int64_t SimBroker::Append(const Write& write) {
  MAINSTAY_CHECK(write.partition >= 0 && write.partition < partitions_, "a partition exists");
  LogEntry& entry = Add(topics_[{write.topic, write.partition}], State::kCommitted).entry;
  entry.ingest_ms = write.ingest_ms;
  entry.key = write.key;
  entry.value = write.value;
  return entry.offset;
}

std::uint64_t SimBroker::InitTransactions(const std::string& id) {
  if (!init_ignores_prepared) CompletePrepared(id);
  return ++epochs_[id];
}

void SimBroker::CompletePrepared(const std::string& id) {
  for (auto& [name, partition] : topics_) {
    bool any = false;
    for (Entry& entry : partition.entries) {
      if (entry.state != State::kPrepared || entry.owner != id) continue;
      entry.state = State::kCommitted;
      any = true;
    }
    if (any) Add(partition, State::kMarker);
  }
}

bool SimBroker::Transact(const std::string& id, std::uint64_t epoch, const std::vector<Write>& writes, End end) {
  if (epoch != epochs_[id] && !no_fencing) return false;
  CompletePrepared(id);  // One transaction at a time: the coordinator finishes the last one first.
  const State state = end == End::kCommit ? State::kCommitted : end == End::kAbort ? State::kAborted : State::kPrepared;
  std::set<Partition*> touched;
  for (const Write& write : writes) {
    MAINSTAY_CHECK(write.partition >= 0 && write.partition < partitions_, "a partition exists");
    Partition& partition = topics_[{write.topic, write.partition}];
    Entry& added = Add(partition, state);
    added.owner = id;
    added.entry.ingest_ms = write.ingest_ms;
    added.entry.key = write.key;
    added.entry.value = write.value;
    touched.insert(&partition);
  }
  if (end == End::kPrepare) return true;
  for (Partition* partition : touched) Add(*partition, State::kMarker);
  return true;
}

void SimBroker::Read(const std::string& topic, std::int32_t partition, std::int64_t offset, std::size_t max,
                     std::vector<LogEntry>& out) const {
  const Partition* log = Find(topic, partition);
  if (log == nullptr) return;
  const auto size = static_cast<std::int64_t>(log->entries.size());
  const std::int64_t limit = std::min(size, log->hold.value_or(size));
  for (std::int64_t at = std::max<std::int64_t>(offset, 0); at < limit && max > 0; ++at) {
    const Entry& entry = log->entries[static_cast<std::size_t>(at)];
    if (entry.state == State::kPrepared) return;
    if (entry.state != State::kCommitted) continue;
    out.push_back(entry.entry);
    --max;
  }
}

std::int64_t SimBroker::EndOf(const std::string& topic, std::int32_t partition) const {
  const Partition* log = Find(topic, partition);
  if (log == nullptr) return 0;
  for (auto entry = log->entries.rbegin(); entry != log->entries.rend(); ++entry) {
    if (entry->state == State::kCommitted || entry->state == State::kPrepared) return entry->entry.offset + 1;
  }
  return 0;
}

std::vector<LogEntry> SimBroker::All(const std::string& topic, std::int32_t partition) const {
  std::vector<LogEntry> all;
  const Partition* log = Find(topic, partition);
  if (log == nullptr) return all;
  for (const Entry& entry : log->entries) {
    if (entry.state == State::kCommitted) all.push_back(entry.entry);
  }
  return all;
}

void SimBroker::Hold(const std::string& topic, std::int32_t partition, std::optional<std::int64_t> offset) {
  topics_[{topic, partition}].hold = offset;
}

}  // namespace mainstay::stream_sim
