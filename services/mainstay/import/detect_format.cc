#include "readers.h"
#include "text_file.h"

namespace mainstay::import {

Result<Format> DetectFormat(const std::string& path) {
  MAINSTAY_TRY_ASSIGN(text, TextFile::Open(path));
  std::string_view line;
  MAINSTAY_TRY_ASSIGN(any, text->NextLine(line));
  if (!any) return Fail(ErrorCode::kInvalidArgument, path + " is empty");
  if (line.starts_with('{')) return Format::kEvents;
  if (line.find("InvoiceNo") != std::string_view::npos && line.find("StockCode") != std::string_view::npos) {
    return Format::kOnlineRetail;
  }
  if (line.find(',') != std::string_view::npos) return Format::kTransactions;
  return Fail(ErrorCode::kInvalidArgument,
              path + " is neither CSV nor JSON lines; say what it is with --format online-retail|transactions|events");
}

}  // namespace mainstay::import
