#include "mainstay/stream_rocksdb/directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>

namespace mainstay::stream_rocksdb {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSettings = "MAINSTAY";
constexpr const char* kLock = "LOCK";

std::string LastError() { return std::strerror(errno); }

Result<int> TakeLock(const fs::path& directory) {
  const std::string path = (directory / kLock).string();
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) {
    return Fail(ErrorCode::kUnavailable, "cannot write in " + directory.string() + ": " + LastError());
  }
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    std::array<char, 32> pid{};
    const ssize_t size = pread(file, pid.data(), pid.size() - 1, 0);
    close(file);
    return Fail(ErrorCode::kFailedPrecondition,
                directory.string() + " is in use by process " + (size > 0 ? std::string(pid.data()) : "?") +
                    "; stop it, or ask it with --server");
  }
  const std::string pid = std::to_string(getpid());
  if (ftruncate(file, 0) != 0 || pwrite(file, pid.data(), pid.size(), 0) < 0) {
    const std::string why = LastError();
    close(file);
    return Fail(ErrorCode::kUnavailable, "cannot write in " + directory.string() + ": " + why);
  }
  return file;
}

// Writes `text` so that after a crash the file is the old one or the new one, whole.
Result<void> WriteDurably(const fs::path& directory, const std::string& name, const std::string& text) {
  const std::string temporary = (directory / (name + ".new")).string();
  const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  bool ok = file >= 0 && write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(file) == 0;
  if (file >= 0) close(file);
  ok = ok && rename(temporary.c_str(), (directory / name).c_str()) == 0;
  const int folder = ok ? open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
  ok = ok && folder >= 0 && fsync(folder) == 0;
  const std::string why = LastError();
  if (folder >= 0) close(folder);
  if (!ok) return Fail(ErrorCode::kUnavailable, "cannot write " + (directory / name).string() + ": " + why);
  return {};
}

}  // namespace

Result<std::unique_ptr<EmbeddedDirectory>> EmbeddedDirectory::Open(const fs::path& path,
                                                                   const DirectoryOptions& options) {
  std::error_code error;
  if (!fs::exists(path, error)) {
    if (!options.create) return Fail(ErrorCode::kNotFound, "there is no data directory " + path.string());
    if (!fs::create_directories(path, error) && error) {
      return Fail(ErrorCode::kUnavailable, "cannot create " + path.string() + ": " + error.message());
    }
  }
  if (!fs::is_directory(path, error)) return Fail(ErrorCode::kUnavailable, path.string() + " is not a directory");
  MAINSTAY_TRY_ASSIGN(lock, TakeLock(path));
  auto directory = std::unique_ptr<EmbeddedDirectory>(new EmbeddedDirectory(path, lock));
  if (fs::exists(path / kSettings, error)) {
    MAINSTAY_TRY(directory->Load());
    return directory;
  }
  if (fs::exists(path / "shard-0", error)) {
    return Fail(ErrorCode::kDataLoss, path.string() + " has data but no " + kSettings + " file; restore it from a backup");
  }
  directory->clock_ = options.new_clock;
  directory->partitions_ = options.new_partitions;
  MAINSTAY_TRY(directory->Save());
  return directory;
}

EmbeddedDirectory::~EmbeddedDirectory() { close(lock_); }

fs::path EmbeddedDirectory::ShardPath(std::int32_t partition) const {
  return path_ / ("shard-" + std::to_string(partition));
}

Result<void> EmbeddedDirectory::Load() {
  std::ifstream in(path_ / kSettings);
  std::map<std::string, std::string> settings;
  for (std::string line; std::getline(in, line);) {
    const std::size_t equals = line.find('=');
    if (equals != std::string::npos) settings[line.substr(0, equals)] = line.substr(equals + 1);
  }
  const std::string where = (path_ / kSettings).string();
  const auto number = [&](const char* name) { return std::atoi(settings[name].c_str()); };
  if (number("format") > kFormatVersion) {
    return Fail(ErrorCode::kFailedPrecondition, where + " was written by a newer Mainstay (format " + settings["format"] +
                                                    ", this one knows " + std::to_string(kFormatVersion) +
                                                    "); use that version");
  }
  const std::string& clock = settings["clock"];
  if (number("format") < 1 || number("partitions") < 1 || (clock != "wall" && clock != "data")) {
    return Fail(ErrorCode::kDataLoss, where + " is damaged; restore it from a backup");
  }
  clock_ = clock == "data" ? Clock::kData : Clock::kWall;
  partitions_ = number("partitions");
  return {};
}

Result<void> EmbeddedDirectory::Save() const {
  std::ostringstream text;
  text << "format=" << kFormatVersion << "\nclock=" << (clock_ == Clock::kData ? "data" : "wall")
       << "\npartitions=" << partitions_ << "\n";
  return WriteDurably(path_, kSettings, text.str());
}

Result<void> EmbeddedDirectory::SwitchToWall() {
  clock_ = Clock::kWall;
  return Save();
}

}  // namespace mainstay::stream_rocksdb
