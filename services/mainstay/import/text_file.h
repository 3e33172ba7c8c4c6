// A text file, plain or gzip, as a stream of physical lines.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "mainstay/base/result.h"

namespace mainstay::import {

class TextFile {
 public:
  // kNotFound, kUnavailable (unreadable) or kInvalidArgument (a directory, a binary file) with the path and why.
  [[nodiscard]] static Result<std::unique_ptr<TextFile>> Open(const std::string& path);
  ~TextFile();
  TextFile(const TextFile&) = delete;
  TextFile& operator=(const TextFile&) = delete;

  // The next line without its end ("\n" or "\r\n"), valid until the next call; false at the end of the file.
  // kInvalidArgument on a NUL byte, kDataLoss on a damaged gzip stream; both name the line.
  [[nodiscard]] Result<bool> NextLine(std::string_view& line);
  [[nodiscard]] std::uint64_t line_number() const { return line_number_; }  // 1-based, of the last line.

 private:
  TextFile(std::string path, void* stream);
  [[nodiscard]] Result<bool> Fill();

  std::string path_;
  void* stream_;  // gzFile
  std::string buffer_;
  std::size_t begin_ = 0;
  std::uint64_t line_number_ = 0;
  bool ended_ = false;
};

}  // namespace mainstay::import
