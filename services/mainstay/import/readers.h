// Readers of source files. Each reads one file into `prepared`; a bad row is a RowError, never the end of the file.
#pragma once

#include <map>
#include <string>

#include "mainstay/base/result.h"
#include "mainstay/vocabulary/ids.h"
#include "mainstay/vocabulary/zone.h"
#include "prepared_import.h"

namespace mainstay::import {

enum class Format { kAuto, kOnlineRetail, kTransactions, kEvents };

struct ReadOptions {
  BookId book;
  Format format = Format::kAuto;
  std::map<std::string, std::string> columns;  // Field -> column title of the file (--map).
  std::string time_format;                     // strftime-like; empty: ISO forms.
  ZoneRules zone;                              // Of times that name none.
  std::string currency;                        // Of rows without a currency column; may be empty.
};

// kAuto -> by the file's name and first line. kInvalidArgument if it fits nothing.
[[nodiscard]] Result<Format> DetectFormat(const std::string& path);

// UCI Online Retail: invoice lines become one order per invoice, invoice numbers starting with C refunds; lines
// without a customer are skipped. Times are Europe/London (`options.zone`), money GBP.
[[nodiscard]] Result<void> ReadOnlineRetail(const std::string& path, std::uint32_t file, const ReadOptions& options,
                                            PreparedImport& prepared);

// CSV with client, time, amount and optionally order, currency, product, quantity, department, location, margin,
// event_id. Rows of one order id are one order; a negative amount is a refund, of its order if it names one.
[[nodiscard]] Result<void> ReadTransactions(const std::string& path, std::uint32_t file, const ReadOptions& options,
                                            PreparedImport& prepared);

// CloudEvents 1.0 structured JSON, one a line.
[[nodiscard]] Result<void> ReadEvents(const std::string& path, std::uint32_t file, PreparedImport& prepared);

}  // namespace mainstay::import
