#include "recent_ids.h"

#include <rocksdb/sst_file_writer.h>

#include <algorithm>
#include <string>
#include <vector>

#include "levers.h"
#include "mainstay/stream/key_builder.h"

namespace mainstay::stream_rocksdb {
namespace {

using stream::AppendOrderedInt64;
using stream::ReadOrderedInt64;
using stream::SeenId;

constexpr std::size_t kIdBytes = 24;  // high|low|first seen, be64 each.

std::string RowKey(std::int64_t number) { return std::string(kRecentPrefix) + NumberBytes(number); }

std::string EncodeRow(std::span<const SeenId> seen) {
  std::string row;
  row.reserve(seen.size() * kIdBytes);
  for (const SeenId& one : seen) {
    const auto id = one.id.Bytes();
    row.append(id.data(), id.size());
    AppendOrderedInt64(row, one.at_ms);
  }
  return row;
}

}  // namespace

Result<void> RecentIds::Load() {
  const std::string first(kRecentPrefix);
  const rocksdb::Slice prefix(first);
  const std::unique_ptr<rocksdb::Iterator> it(state_.db->NewIterator({}, state_.family(kMeta)));
  for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next()) {
    const auto number = ParseNumber(AsView(it->key()).substr(first.size()));
    std::string_view row = AsView(it->value());
    if (!number || row.size() % kIdBytes != 0) {
      return Fail(ErrorCode::kDataLoss, "ids in " + state_.path.string() + " are damaged");
    }
    if (recent_.size() == 0) first_row_ = *number;
    next_row_ = *number + 1;
    *all_ += row.size() / kIdBytes;
    for (; !row.empty(); row.remove_prefix(kIdBytes)) {
      recent_.Add(Hash128::FromBytes(row), ReadOrderedInt64(row.substr(16)));
    }
  }
  return state_.Readable(it->status());
}

Result<std::optional<std::int64_t>> RecentIds::SeenAt(const Hash128& id) const {
  if (const std::optional<std::int64_t> recently = recent_.Find(id)) return recently;
  return GetSeen(state_, service_, id);
}

void RecentIds::Stage(std::span<const SeenId> seen, rocksdb::WriteBatch& writes) const {
  if (!seen.empty() && !TestLevers().ids_only_in_memory)
    writes.Put(state_.family(kMeta), RowKey(next_row_), EncodeRow(seen));
}

Result<void> RecentIds::Written(std::span<const SeenId> seen) {
  if (seen.empty()) return {};
  ++next_row_;
  for (const SeenId& one : seen) recent_.Add(one.id, one.at_ms);
  const std::size_t all = *all_ += seen.size();
  return recent_.size() >= kFewest && all > most_ ? MakeFile() : Result<void>{};
}

Result<void> RecentIds::MakeFile() {
  const std::string path = (state_.path / "ids.sst").string();
  MAINSTAY_TRY(WriteFile(path));
  rocksdb::IngestExternalFileOptions options;
  options.move_files = true;
  options.write_global_seqno = false;
  const rocksdb::Status taken = state_.db->IngestExternalFile(state_.family(kDedup), {path}, options);
  if (!taken.ok()) return tl::unexpected(state_.Stop(ToError(taken, "cannot write " + path)));
  rocksdb::WriteBatch writes;
  StageForget(writes);
  MAINSTAY_TRY(state_.Write(writes));
  Forgotten();
  return {};
}

Result<void> RecentIds::WriteFile(const std::string& path) const {
  std::vector<SeenId> ids = recent_.All();
  std::sort(ids.begin(), ids.end(), [](const SeenId& a, const SeenId& b) { return a.id < b.id; });
  rocksdb::Options options = state_.db->GetOptions(state_.family(kDedup));
  options.compression = rocksdb::kNoCompression;  // Ids are as good as random.
  rocksdb::SstFileWriter writer({}, options, state_.family(kDedup));
  rocksdb::Status status = writer.Open(path);
  for (auto one = ids.begin(); status.ok() && one != ids.end(); ++one) {
    status = writer.Put(AsSlice(SeenKey(service_, one->id)), NumberBytes(one->at_ms));
  }
  if (status.ok()) status = writer.Finish();
  if (!status.ok()) return tl::unexpected(state_.Stop(ToError(status, "cannot write " + path)));
  return {};
}

void RecentIds::StageForget(rocksdb::WriteBatch& writes) const {
  for (std::int64_t row = first_row_; row < next_row_; ++row) writes.Delete(state_.family(kMeta), RowKey(row));
}

void RecentIds::Forgotten() {
  *all_ -= recent_.size();
  recent_.Clear();
  first_row_ = next_row_;
}

}  // namespace mainstay::stream_rocksdb
