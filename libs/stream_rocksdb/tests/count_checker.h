// What a shard must look like after any number of CommitCount, whatever happened in between.
#pragma once

#include <cstdint>
#include <string>

#include "embedded_fixture.h"

namespace mainstay::stream_rocksdb {

// Empty when outputs, state, outbox and META agree and nothing is missing or twice; else what is wrong. `count` is
// the number of transactions found.
[[nodiscard]] inline std::string CheckCounts(const EmbeddedShard& shard, std::int64_t& count) {
  const auto snapshot = shard.TakeSnapshot("counter");
  if (!snapshot) return snapshot.error().message;
  count = static_cast<std::int64_t>((*snapshot)->meta().transaction);
  const auto last = (*snapshot)->Get(1, "n");
  if (!last) return last.error().message;
  if (last->value_or("0") != std::to_string(count)) {
    return "state is at " + last->value_or("0") + ", META at " + std::to_string(count);
  }
  std::int64_t entries = 0;
  const auto scanned = (*snapshot)->Scan(1, "at-", {}, [&](auto, auto) { return ++entries > 0; });
  if (!scanned) return scanned.error().message;
  if (entries != count) return std::to_string(entries) + " entries after " + std::to_string(count) + " transactions";

  const auto records = shard.ReadTopic("out", 0, SIZE_MAX);
  if (!records) return records.error().message;
  if (static_cast<std::int64_t>(records->size()) != count) return std::to_string(records->size()) + " outputs";
  for (std::size_t i = 0; i < records->size(); ++i) {
    const std::string expected = std::to_string(i + 1);
    const std::string& value = (*records)[i].value;
    if (value.substr(0, value.find('.')) != expected) return "output " + expected + " is " + value;
  }
  const auto outbox = shard.ReadOutbox(SIZE_MAX);
  if (!outbox) return outbox.error().message;
  if (static_cast<std::int64_t>(outbox->size()) != count) return std::to_string(outbox->size()) + " in the outbox";
  for (std::size_t i = 0; i < outbox->size(); ++i) {
    if ((*outbox)[i].sequence != i + 1 || (*outbox)[i].record.value != std::to_string(i + 1)) {
      return "outbox record " + std::to_string(i + 1) + " is " + (*outbox)[i].record.value;
    }
  }
  return {};
}

// Opens, acquires and checks.
[[nodiscard]] inline std::string OpenAndCheck(const std::filesystem::path& path, std::int64_t& count) {
  auto opened = OpenShardIn(path);
  if (!opened) return opened.error().message;
  const stream::Topology topology = CounterTopology();
  EmbeddedShardLog log(*opened->shard, topology);
  const auto meta = log.Acquire(log);
  if (!meta) return meta.error().message;
  return CheckCounts(*opened->shard, count);
}

}  // namespace mainstay::stream_rocksdb
