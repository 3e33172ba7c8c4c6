#include "mainstay/stream_rocksdb/directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "durable_file.h"
#include "mainstay/base/hash.h"

namespace mainstay::stream_rocksdb {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSettings = "FORMAT";
constexpr std::string_view kLock = "LOCK";
constexpr std::string_view kTitle = "mainstay data directory, format ";

std::string LastError() { return std::strerror(errno); }

Result<int> TakeLock(const fs::path& directory) {
  const std::string path = (directory / kLock).string();
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) {
    return Fail(ErrorCode::kUnavailable, "cannot write in the data directory " + directory.string() + ": " +
                                             LastError() + "; check its owner and permissions, or name another one");
  }
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    const bool held = errno == EWOULDBLOCK;
    const std::string why = LastError();
    std::array<char, 32> pid{};
    const ssize_t size = pread(file, pid.data(), pid.size() - 1, 0);
    close(file);
    if (!held) return Fail(ErrorCode::kUnavailable, "cannot lock " + path + ": " + why);
    return Fail(ErrorCode::kFailedPrecondition, "the data directory " + directory.string() + " is in use by process " +
                                                    (size > 0 ? std::string(pid.data()) : "(unknown)") +
                                                    "; stop it, or ask it with --server");
  }
  const std::string pid = std::to_string(getpid());
  if (ftruncate(file, 0) != 0 || pwrite(file, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    const std::string why = LastError();
    close(file);
    return Fail(ErrorCode::kUnavailable, "cannot write " + path + ": " + why);
  }
  return file;
}

Result<std::string> NewInstallationId() {
  std::array<char, 16> bytes{};
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    return Fail(ErrorCode::kUnavailable, "the system gave no random bytes: " + LastError());
  }
  return HashParts({std::string_view(bytes.data(), bytes.size())}).Hex();
}

template <class Number>
std::optional<Number> ParseWhole(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string Checksum(std::string_view lines) { return HashParts({lines}).Hex(); }

tl::unexpected<Error> Damaged(const fs::path& file) {
  return Fail(ErrorCode::kDataLoss, file.string() + " is damaged; restore the data directory from a backup");
}

// What a directory may contain before its settings are there.
bool IsOurLeftover(const fs::path& name) { return name == kLock || name == std::string(kSettings) + ".new"; }

Result<void> MakeDirectory(const fs::path& path, bool create) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) {
    if (!create) {
      return Fail(ErrorCode::kNotFound, "there is no data directory " + path.string() + "; check the path");
    }
    error.clear();
    fs::create_directories(path, error);
    if (error) {
      return Fail(ErrorCode::kUnavailable,
                  "cannot create the data directory " + path.string() + ": " + error.message());
    }
    return {};
  }
  if (error) return Fail(ErrorCode::kUnavailable, "cannot read " + path.string() + ": " + error.message());
  if (status.type() != fs::file_type::directory) {
    return Fail(ErrorCode::kUnavailable, path.string() + " is not a directory; name a directory for the data");
  }
  return {};
}

}  // namespace

std::string ClockName(Clock clock) { return clock == Clock::kData ? "data" : "wall"; }

Result<std::unique_ptr<EmbeddedDirectory>> EmbeddedDirectory::Open(const fs::path& path,
                                                                   const DirectoryOptions& options) {
  MAINSTAY_TRY(MakeDirectory(path, options.create));
  MAINSTAY_TRY_ASSIGN(lock, TakeLock(path));
  auto directory = std::unique_ptr<EmbeddedDirectory>(new EmbeddedDirectory(path, lock));
  std::error_code error;
  const bool exists = fs::exists(path / kSettings, error);
  if (error) return Fail(ErrorCode::kUnavailable, "cannot read " + path.string() + ": " + error.message());
  if (exists) {
    MAINSTAY_TRY(directory->Load());
    MAINSTAY_TRY(directory->CheckAgainst(options));
  } else {
    MAINSTAY_TRY(directory->Create(options));
  }
  return directory;
}

EmbeddedDirectory::~EmbeddedDirectory() { close(lock_); }

fs::path EmbeddedDirectory::ShardPath(std::int32_t partition) const {
  return path_ / ("shard-" + std::to_string(partition));
}

Result<void> EmbeddedDirectory::Create(const DirectoryOptions& options) {
  std::error_code error;
  for (fs::directory_iterator it(path_, error), end; !error && it != end; it.increment(error)) {
    const fs::path name = it->path().filename();
    if (IsOurLeftover(name)) continue;
    if (name.string().starts_with("shard-")) {
      return Fail(ErrorCode::kDataLoss, path_.string() + " has shards but no " + std::string(kSettings) +
                                            " file; restore the data directory from a backup");
    }
    return Fail(ErrorCode::kFailedPrecondition, path_.string() +
                                                    " is not a mainstay data directory and not "
                                                    "empty; name an empty or a new one");
  }
  if (error) return Fail(ErrorCode::kUnavailable, "cannot read " + path_.string() + ": " + error.message());
  partitions_ = options.partitions.value_or(kDefaultPartitions);
  if (partitions_ < 1 || partitions_ > kMaxPartitions) {
    return InvalidField("partitions", "partitions must be between 1 and " + std::to_string(kMaxPartitions));
  }
  clock_ = options.must_be.value_or(options.new_clock);
  created_at_ = options.now;
  MAINSTAY_TRY_ASSIGN(id, NewInstallationId());
  installation_ = id;
  is_new_ = true;
  return Save();
}

Result<void> EmbeddedDirectory::CheckAgainst(const DirectoryOptions& options) const {
  if (options.partitions && *options.partitions != partitions_) {
    return Fail(ErrorCode::kFailedPrecondition,
                path_.string() + " has " + std::to_string(partitions_) + " partitions, which never changes, not " +
                    std::to_string(*options.partitions) + "; leave the setting out, or name a new directory");
  }
  if (options.must_be && *options.must_be != clock_) {
    return InvalidField("clock", path_.string() + " has the " + ClockName(clock_) + " clock, not " +
                                     ClockName(*options.must_be) +
                                     (clock_ == Clock::kData ? "; `mainstay clock to-wall` changes it for good"
                                                             : ", and never goes back; name a new directory"));
  }
  return {};
}

Result<void> EmbeddedDirectory::Load() {
  const fs::path file = path_ / kSettings;
  std::ifstream in(file, std::ios::binary);
  if (!in) return Fail(ErrorCode::kUnavailable, "cannot read " + file.string() + ": " + LastError());
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  // The version is read before anything else is believed: a newer one may look different below its first line.
  const std::size_t first_line = std::min(text.find('\n'), text.size());
  if (!text.starts_with(kTitle)) return Damaged(file);
  const auto version =
      ParseWhole<std::int32_t>(std::string_view(text).substr(kTitle.size(), first_line - kTitle.size()));
  if (!version || *version < 1) return Damaged(file);
  if (*version > kFormatVersion) {
    return Fail(ErrorCode::kFailedPrecondition,
                path_.string() + " was written by a newer mainstay (format " + std::to_string(*version) +
                    ", this one knows " + std::to_string(kFormatVersion) + "); use that version or a newer one");
  }
  const std::size_t checksum = text.find("checksum=");
  if (checksum == std::string::npos ||
      text.substr(checksum) != "checksum=" + Checksum(text.substr(0, checksum)) + "\n") {
    return Damaged(file);
  }
  std::map<std::string, std::string> settings;
  std::istringstream lines(text.substr(0, checksum));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t equals = line.find('=');
    if (equals != std::string::npos) settings[line.substr(0, equals)] = line.substr(equals + 1);
  }
  const auto partitions = ParseWhole<std::int32_t>(settings["partitions"]);
  const auto created = ParseInstant(settings["created_at"]);
  const std::string& clock = settings["clock"];
  if (!partitions || *partitions < 1 || !created || (clock != "wall" && clock != "data")) return Damaged(file);
  partitions_ = *partitions;
  clock_ = clock == "data" ? Clock::kData : Clock::kWall;
  installation_ = settings["installation"];
  created_at_ = *created;
  return {};
}

Result<void> EmbeddedDirectory::Save() const {
  std::ostringstream lines;
  lines << kTitle << kFormatVersion << "\npartitions=" << partitions_ << "\nclock=" << ClockName(clock_)
        << "\ninstallation=" << installation_ << "\ncreated_at=" << FormatInstant(created_at_) << "\n";
  return ReplaceDurably(path_ / kSettings, lines.str() + "checksum=" + Checksum(lines.str()) + "\n");
}

Result<void> EmbeddedDirectory::SwitchToWall() {
  if (clock_ == Clock::kWall) return {};
  clock_ = Clock::kWall;
  if (Result<void> saved = Save(); !saved) {
    clock_ = Clock::kData;
    return saved;
  }
  return {};
}

}  // namespace mainstay::stream_rocksdb
