#include "durable_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "mainstay/base/hash.h"
#include "mainstay/stream/key_builder.h"

namespace mainstay::stream_rocksdb {
namespace {

constexpr std::size_t kSlotSize = 24;  // sequence(8)|checksum(16)
constexpr off_t kSlotDistance = 4096;  // A torn write hits one of them.
constexpr off_t SlotAt(std::size_t slot) { return static_cast<off_t>(slot) * kSlotDistance; }

tl::unexpected<Error> CannotWrite(const std::filesystem::path& path, int error) {
  return Fail(ErrorCode::kUnavailable,
              "cannot write " + path.string() + ": " + std::strerror(error) +
                  (error == ENOSPC || error == EDQUOT ? "; free space, then start again" : ""));
}

bool WriteAll(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// A new name is durable only once its folder is.
bool SyncFolderOf(const std::filesystem::path& path) {
  const int folder = open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return false;
  const bool ok = fsync(folder) == 0;
  const int error = errno;
  close(folder);
  errno = error;
  return ok;
}

std::string EncodeSlot(std::uint64_t sequence) {
  std::string slot;
  stream::AppendOrderedInt64(slot, static_cast<std::int64_t>(sequence));
  const auto checksum = HashParts({"synced", slot}).Bytes();
  return slot.append(checksum.data(), checksum.size());
}

}  // namespace

Result<void> ReplaceDurably(const std::filesystem::path& path, std::string_view content) {
  const std::filesystem::path temporary = path.string() + ".new";
  const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return CannotWrite(path, errno);
  const bool written = WriteAll(file, content) && fsync(file) == 0;
  const int error = errno;
  close(file);
  if (!written) return CannotWrite(path, error);
  if (rename(temporary.c_str(), path.c_str()) != 0 || !SyncFolderOf(path)) return CannotWrite(path, errno);
  return {};
}

SyncMark::SyncMark(SyncMark&& other) noexcept { *this = std::move(other); }
SyncMark& SyncMark::operator=(SyncMark&& other) noexcept {
  path_ = std::move(other.path_);
  file_ = std::exchange(other.file_, -1);
  sequence_ = other.sequence_;
  next_slot_ = other.next_slot_;
  return *this;
}
SyncMark::~SyncMark() {
  if (file_ >= 0) close(file_);
}

Result<std::optional<SyncMark>> SyncMark::Open(const std::filesystem::path& path) {
  const int file = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) {
    if (errno == ENOENT) return std::optional<SyncMark>{};
    return Fail(ErrorCode::kUnavailable, "cannot open " + path.string() + ": " + std::strerror(errno));
  }
  SyncMark mark(path, file);
  bool found = false;
  for (std::size_t slot = 0; slot < 2; ++slot) {
    std::string bytes(kSlotSize, '\0');
    if (pread(file, bytes.data(), bytes.size(), SlotAt(slot)) != static_cast<ssize_t>(bytes.size())) continue;
    const auto sequence = static_cast<std::uint64_t>(stream::ReadOrderedInt64(bytes));
    if (bytes != EncodeSlot(sequence) || (found && sequence <= mark.sequence_)) continue;
    mark.sequence_ = sequence;
    mark.next_slot_ = 1 - slot;
    found = true;
  }
  if (!found) {
    return Fail(ErrorCode::kDataLoss, path.string() + " is damaged; restore the data directory from a backup");
  }
  return std::optional<SyncMark>(std::move(mark));
}

Result<SyncMark> SyncMark::Create(const std::filesystem::path& path) {
  MAINSTAY_TRY(ReplaceDurably(path, EncodeSlot(0)));
  MAINSTAY_TRY_ASSIGN(mark, Open(path));
  if (!mark) return Fail(ErrorCode::kUnavailable, path.string() + " vanished while it was created");
  return std::move(*mark);
}

Result<void> SyncMark::Advance(std::uint64_t sequence) {
  const std::string slot = EncodeSlot(sequence);
  if (pwrite(file_, slot.data(), slot.size(), SlotAt(next_slot_)) != static_cast<ssize_t>(slot.size()) ||
      fdatasync(file_) != 0) {
    return CannotWrite(path_, errno);
  }
  sequence_ = sequence;
  next_slot_ = 1 - next_slot_;
  return {};
}

}  // namespace mainstay::stream_rocksdb
