#include "taken_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <string>
#include <type_traits>

#include "levers.h"
#include "mainstay/base/hash.h"

namespace mainstay::stream_rocksdb {
namespace {

using Taken = stream::TakenMarks::Taken;

struct Killer {
  std::int64_t offset;
  std::uint64_t fingerprint;
  std::uint32_t topic;
  std::uint32_t deaths;  // 0: free.
  [[nodiscard]] bool Is(const Taken& taken) const {
    return deaths > 0 && topic == taken.topic && offset == taken.offset && fingerprint == taken.fingerprint;
  }
};

struct Slot {
  std::uint32_t in_hand;  // Nonzero: the three below name the record.
  std::uint32_t topic;
  std::int64_t offset;
  std::uint64_t fingerprint;
  std::array<Killer, 8> killers;
  std::uint64_t checksum;  // Of the killers.
  std::array<char, 288> spare;
};
static_assert(sizeof(Slot) == 512 && std::is_trivially_copyable_v<Slot>);

constexpr std::size_t kServices = 32;
constexpr std::size_t kFileSize = kServices * sizeof(Slot);

std::uint64_t ChecksumOf(const std::array<Killer, 8>& killers) {
  const auto bytes = HashParts({"killers", {reinterpret_cast<const char*>(killers.data()), sizeof killers}}).Bytes();
  std::uint64_t checksum = 0;
  std::memcpy(&checksum, bytes.data(), sizeof checksum);
  return checksum;
}

class FileMarks final : public stream::TakenMarks {
 public:
  explicit FileMarks(Slot& slot) : slot_(slot) {
    if (slot_.checksum != ChecksumOf(slot_.killers)) Write({});  // New, or torn by a power loss.
    if (slot_.in_hand != 0) CountDeath();
    any_ = std::any_of(slot_.killers.begin(), slot_.killers.end(), [](const Killer& k) { return k.deaths > 0; });
  }

  void Take(const Taken& record) override {
    slot_.topic = record.topic;
    slot_.offset = record.offset;
    slot_.fingerprint = record.fingerprint;
    // After the three above: the process may end between any two stores.
    std::atomic_ref(slot_.in_hand).store(1, std::memory_order_release);
  }
  void PutBack() override { std::atomic_ref(slot_.in_hand).store(0, std::memory_order_release); }
  int DeathsOf(const Taken& record) const override {
    if (!any_) return 0;
    for (const Killer& killer : slot_.killers) {
      if (killer.Is(record)) return static_cast<int>(killer.deaths);
    }
    return 0;
  }
  void Forget(const std::vector<std::int64_t>& positions) override {
    if (!any_) return;
    std::array<Killer, 8> killers = slot_.killers;
    any_ = false;
    for (Killer& killer : killers) {
      if (killer.topic >= positions.size() || killer.offset < positions[killer.topic]) killer = {};
      any_ = any_ || killer.deaths > 0;
    }
    Write(killers);
  }

 private:
  void CountDeath() {
    const Taken taken{static_cast<stream::TopicId>(slot_.topic), slot_.offset, slot_.fingerprint};
    std::array<Killer, 8> killers = slot_.killers;
    auto killer = std::find_if(killers.begin(), killers.end(), [&](const Killer& k) { return k.Is(taken); });
    if (killer == killers.end()) {  // In the place of the one with the fewest deaths, free ones first.
      killer = std::min_element(killers.begin(), killers.end(),
                                [](const Killer& a, const Killer& b) { return a.deaths < b.deaths; });
      *killer = {taken.offset, taken.fingerprint, taken.topic, 0};
    }
    ++killer->deaths;
    Write(killers);
    PutBack();
  }
  void Write(const std::array<Killer, 8>& killers) {
    slot_.killers = killers;
    slot_.checksum = ChecksumOf(killers);
  }

  Slot& slot_;
  bool any_ = false;
};

tl::unexpected<Error> CannotOpen(const std::filesystem::path& path, int error) {
  return Fail(ErrorCode::kUnavailable,
              "cannot open " + path.string() + ": " + std::strerror(error) +
                  (error == ENOSPC || error == EDQUOT ? "; free space, then start again" : ""));
}

bool MakeWhole(int file) {
  struct stat status {};
  if (fstat(file, &status) != 0) return false;
  if (status.st_size == static_cast<off_t>(kFileSize)) return true;
  const std::string zeros(kFileSize, '\0');
  errno = ENOSPC;  // What a short write means.
  return pwrite(file, zeros.data(), zeros.size(), 0) == static_cast<ssize_t>(zeros.size()) &&
         ftruncate(file, static_cast<off_t>(kFileSize)) == 0;
}

}  // namespace

Result<std::unique_ptr<TakenFile>> TakenFile::Open(const std::filesystem::path& path) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) return CannotOpen(path, errno);
  void* memory = MAP_FAILED;
  if (MakeWhole(file)) memory = mmap(nullptr, kFileSize, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  const int error = errno;
  close(file);  // The mapping keeps it.
  if (memory == MAP_FAILED) return CannotOpen(path, error);
  return std::unique_ptr<TakenFile>(new TakenFile(memory));
}

TakenFile::~TakenFile() { munmap(memory_, kFileSize); }

std::unique_ptr<stream::TakenMarks> TakenFile::MarksOf(ServiceId service) {
  if (service >= kServices || TestLevers().no_taken_marks) return nullptr;
  return std::make_unique<FileMarks>(static_cast<Slot*>(memory_)[service]);
}

}  // namespace mainstay::stream_rocksdb
