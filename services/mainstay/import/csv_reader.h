// Reads CSV (RFC 4180: quotes, doubled quotes, line breaks inside quotes, CR LF), plain or gzip, row by row.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mainstay/base/result.h"

namespace mainstay::import {

struct CsvField {
  std::string_view text;     // Unquoted; valid until the next call of Next.
  std::uint32_t column = 0;  // 1-based byte column in its physical line.
};

class CsvReader {
 public:
  // kNotFound, kUnavailable (unreadable) or kInvalidArgument (a directory, a binary file) with the path and why.
  [[nodiscard]] static Result<std::unique_ptr<CsvReader>> Open(const std::string& path);
  ~CsvReader();
  CsvReader(const CsvReader&) = delete;
  CsvReader& operator=(const CsvReader&) = delete;

  // The next row; false at the end. Empty lines are skipped. kInvalidArgument on a NUL byte or an unclosed quote,
  // kDataLoss on a damaged gzip stream; both name the line.
  [[nodiscard]] Result<bool> Next(std::vector<CsvField>& fields);
  // The 1-based physical line on which the row of the last Next began.
  [[nodiscard]] std::uint64_t line() const;

 private:
  struct State;
  explicit CsvReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mainstay::import
