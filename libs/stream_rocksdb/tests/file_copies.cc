#include "file_copies.h"

#include <gtest/gtest.h>
#include <rocksdb/file_system.h>

#include <utility>

#include "shard_state.h"

namespace mainstay::stream_rocksdb {
namespace {

namespace fs = std::filesystem;

// While it lives, RocksDB neither writes files of its own accord nor removes any.
class FrozenFiles {
 public:
  explicit FrozenFiles(const EmbeddedShard& shard) : db_(*shard.state().db) {
    EXPECT_TRUE(db_.PauseBackgroundWork().ok());
    EXPECT_TRUE(db_.DisableFileDeletions().ok());
  }
  ~FrozenFiles() {
    EXPECT_TRUE(db_.EnableFileDeletions(true).ok());
    EXPECT_TRUE(db_.ContinueBackgroundWork().ok());
  }
  FrozenFiles(const FrozenFiles&) = delete;
  FrozenFiles& operator=(const FrozenFiles&) = delete;

 private:
  rocksdb::DB& db_;
};

using Sizes = ForgetfulDisk::Sizes;

class CountedFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  CountedFile(std::unique_ptr<rocksdb::FSWritableFile> file, std::string path, std::shared_ptr<Sizes> sizes)
      : FSWritableFileOwnerWrapper(std::move(file)), path_(std::move(path)), sizes_(std::move(sizes)) {}

  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
    written_ += data.size();
    return FSWritableFileOwnerWrapper::Append(data, options, debug);
  }
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           const rocksdb::DataVerificationInfo& info, rocksdb::IODebugContext* debug) override {
    written_ += data.size();
    return FSWritableFileOwnerWrapper::Append(data, options, info, debug);
  }
  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    const std::uint64_t before = written_;
    const rocksdb::IOStatus status = FSWritableFileOwnerWrapper::Sync(options, debug);
    if (status.ok()) Keep(before);
    return status;
  }
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    const std::uint64_t before = written_;
    const rocksdb::IOStatus status = FSWritableFileOwnerWrapper::Fsync(options, debug);
    if (status.ok()) Keep(before);
    return status;
  }

 private:
  void Keep(std::uint64_t size) {
    const std::lock_guard lock(sizes_->mutex);
    sizes_->durable[path_] = size;
  }

  const std::string path_;
  std::shared_ptr<Sizes> sizes_;
  std::atomic<std::uint64_t> written_{0};
};

class CountingFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  explicit CountingFileSystem(std::shared_ptr<Sizes> sizes)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), sizes_(std::move(sizes)) {}
  const char* Name() const override { return "CountingFileSystem"; }

  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override {
    std::unique_ptr<rocksdb::FSWritableFile> real;
    const rocksdb::IOStatus status = FileSystemWrapper::NewWritableFile(path, options, &real, debug);
    if (!status.ok()) return status;
    {
      const std::lock_guard lock(sizes_->mutex);
      sizes_->durable[path] = 0;
    }
    *file = std::make_unique<CountedFile>(std::move(real), path, sizes_);
    return status;
  }
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override {
    const rocksdb::IOStatus status = FileSystemWrapper::RenameFile(from, to, options, debug);
    if (!status.ok()) return status;
    const std::lock_guard lock(sizes_->mutex);
    if (const auto moved = sizes_->durable.extract(from)) sizes_->durable[to] = moved.mapped();
    return status;
  }

 private:
  std::shared_ptr<Sizes> sizes_;
};

}  // namespace

void CopyAsIfKilled(const EmbeddedShard& shard, const fs::path& from, const fs::path& to) {
  const FrozenFiles frozen(shard);
  fs::copy(from, to, fs::copy_options::recursive);
}

ForgetfulDisk::ForgetfulDisk()
    : sizes_(std::make_shared<Sizes>()), env_(rocksdb::NewCompositeEnv(std::make_shared<CountingFileSystem>(sizes_))) {}

ForgetfulDisk::~ForgetfulDisk() = default;

void ForgetfulDisk::CopyAsIfPowerFailed(const EmbeddedShard& shard, const fs::path& from, const fs::path& to) const {
  CopyAsIfKilled(shard, from, to);
  const std::lock_guard lock(sizes_->mutex);
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(to)) {
    const fs::path original = from / fs::relative(entry.path(), to);
    const auto durable = sizes_->durable.find(original.string());
    if (durable == sizes_->durable.end() || !entry.is_regular_file()) continue;
    if (durable->second < entry.file_size()) fs::resize_file(entry.path(), durable->second);
  }
}

}  // namespace mainstay::stream_rocksdb
