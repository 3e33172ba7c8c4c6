#include "text_file.h"

#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace mainstay::import {
namespace {

constexpr unsigned kChunk = 1 << 20;

}  // namespace

Result<std::unique_ptr<TextFile>> TextFile::Open(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) return Fail(ErrorCode::kNotFound, "there is no file " + path);
  if (std::filesystem::is_directory(status)) {
    return Fail(ErrorCode::kInvalidArgument, path + " is a directory; name the files in it");
  }
  gzFile stream = gzopen(path.c_str(), "rb");
  if (stream == nullptr) return Fail(ErrorCode::kUnavailable, "cannot read " + path + ": " + std::strerror(errno));
  gzbuffer(stream, kChunk);
  return std::unique_ptr<TextFile>(new TextFile(path, stream));
}

TextFile::TextFile(std::string path, void* stream) : path_(std::move(path)), stream_(stream) {}

TextFile::~TextFile() { gzclose(static_cast<gzFile>(stream_)); }

// Drops what was consumed and reads on; false at the end of the file.
Result<bool> TextFile::Fill() {
  buffer_.erase(0, begin_);
  begin_ = 0;
  const std::size_t old = buffer_.size();
  buffer_.resize(old + kChunk);
  const int read = gzread(static_cast<gzFile>(stream_), buffer_.data() + old, kChunk);
  int code = Z_OK;
  const char* reason = gzerror(static_cast<gzFile>(stream_), &code);
  if (read < 0 || (read == 0 && code != Z_OK && code != Z_STREAM_END)) {
    const std::string why = code == Z_ERRNO ? std::strerror(errno) : reason;
    return Fail(ErrorCode::kDataLoss, path_ + " line " + std::to_string(line_number_ + 1) + ": cannot read on: " + why);
  }
  buffer_.resize(old + static_cast<std::size_t>(read));
  ended_ = read == 0;
  if (std::memchr(buffer_.data() + old, '\0', static_cast<std::size_t>(read)) != nullptr) {
    return Fail(ErrorCode::kInvalidArgument,
                path_ + " line " + std::to_string(line_number_ + 1) +
                    ": this is not a text file (a NUL byte); give a CSV or JSON-lines file");
  }
  return !ended_;
}

Result<bool> TextFile::NextLine(std::string_view& line) {
  std::size_t searched = begin_;
  for (;;) {
    const std::size_t end = buffer_.find('\n', searched);
    if (end != std::string::npos) {
      line = std::string_view(buffer_).substr(begin_, end - begin_);
      begin_ = end + 1;
      break;
    }
    if (ended_) {
      if (begin_ == buffer_.size()) return false;
      line = std::string_view(buffer_).substr(begin_);
      begin_ = buffer_.size();
      break;
    }
    searched = buffer_.size() - begin_;
    MAINSTAY_TRY(Fill());
  }
  if (line.ends_with('\r')) line.remove_suffix(1);
  ++line_number_;
  return true;
}

}  // namespace mainstay::import
