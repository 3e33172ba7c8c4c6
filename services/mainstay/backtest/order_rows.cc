#include "backtest/order_rows.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "import/civil_time.h"
#include "import/csv_reader.h"

namespace mainstay::backtest {
namespace {

struct Columns {
  std::size_t client = 0;
  std::size_t time = 0;
  std::size_t amount = 0;
  std::size_t product = SIZE_MAX;
  std::size_t invoice = SIZE_MAX;  // Present only for Online Retail, as is the quantity.
  std::size_t quantity = SIZE_MAX;
};

Result<Columns> FindColumns(const OrderFile& file, const std::vector<import::CsvField>& titles) {
  const auto find = [&](std::string_view title) {
    for (std::size_t i = 0; i < titles.size(); ++i) {
      if (titles[i].text == title) return i;
    }
    return SIZE_MAX;
  };
  Columns columns;
  if (file.columns.empty() && find("InvoiceNo") != SIZE_MAX && find("StockCode") != SIZE_MAX) {
    columns = {find("CustomerID"), find("InvoiceDate"), find("UnitPrice"),
               find("StockCode"),  find("InvoiceNo"),   find("Quantity")};
    if (std::max({columns.client, columns.time, columns.amount, columns.quantity}) == SIZE_MAX) {
      return Fail(ErrorCode::kInvalidArgument, file.path + " line 1: the columns are not those of Online Retail");
    }
    return columns;
  }
  const auto column = [&](const char* field) -> Result<std::size_t> {
    const auto named = file.columns.find(field);
    const std::string title = named == file.columns.end() ? field : named->second;
    const std::size_t at = find(title);
    if (at != SIZE_MAX) return at;
    return Fail(ErrorCode::kInvalidArgument,
                file.path + " line 1: there is no column '" + title + "'; name yours with --map " + field + "=Column");
  };
  MAINSTAY_TRY_ASSIGN(client, column("client"));
  MAINSTAY_TRY_ASSIGN(time, column("time"));
  MAINSTAY_TRY_ASSIGN(amount, column("amount"));
  columns.client = client;
  columns.time = time;
  columns.amount = amount;
  if (file.with_products) {
    MAINSTAY_TRY_ASSIGN(product, column("product"));
    columns.product = product;
  }
  return columns;
}

class RowReader {
 public:
  RowReader(const Columns& columns, const OrderFile& file) : columns_(columns), file_(file) {}

  // kCounted: the row is in `row`. Else why it is none.
  enum class Kind { kCounted, kNoClient, kCancelled };
  Result<Kind> Read(const std::vector<import::CsvField>& fields, OrderRow& row) {
    row.client = fields[columns_.client].text;
    if (row.client.empty()) return Kind::kNoClient;
    if (row.client.ends_with(".0")) row.client.remove_suffix(2);  // How a spreadsheet writes a whole number.
    if (columns_.invoice != SIZE_MAX && fields[columns_.invoice].text.starts_with('C')) return Kind::kCancelled;
    MAINSTAY_TRY_ASSIGN(amount, AmountOf(fields));
    if (amount < Money{}) return Kind::kCancelled;
    row.amount = amount;
    MAINSTAY_TRY_ASSIGN(day, DayOf(fields[columns_.time].text));
    row.day = day;
    row.product = file_.with_products ? std::string_view(fields[columns_.product].text) : std::string_view();
    return Kind::kCounted;
  }

 private:
  [[nodiscard]] Result<Money> AmountOf(const std::vector<import::CsvField>& fields) const {
    MAINSTAY_TRY_ASSIGN(amount, ParseMoney(fields[columns_.amount].text));
    if (columns_.quantity == SIZE_MAX) return amount;
    std::int64_t quantity = 0;
    const std::string_view digits = fields[columns_.quantity].text;
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), quantity);
    if (code != std::errc{} || end != digits.data() + digits.size()) {
      return Fail(ErrorCode::kInvalidArgument, "the quantity is not a whole number");
    }
    const std::optional<Money> total = CheckedMultiply(amount, quantity);
    if (!total) return Fail(ErrorCode::kInvalidArgument, "quantity times price is too large");
    return *total;
  }

  // Local dates as they stand in the file; rows of one order share theirs.
  Result<Day> DayOf(std::string_view text) {
    if (text == last_text_) return last_day_;
    MAINSTAY_TRY_ASSIGN(at, import::ParseFileTime(text, file_.time_format, ZoneRules{}));
    last_text_ = text;
    last_day_ = std::chrono::floor<std::chrono::days>(at);
    return last_day_;
  }

  const Columns columns_;
  const OrderFile& file_;
  std::string last_text_;
  Day last_day_{};
};

}  // namespace

Result<RowCounts> ReadOrderRows(const OrderFile& file, const std::function<void(const OrderRow&)>& visit,
                                const std::function<void(std::uint64_t rows)>& progress) {
  constexpr std::uint64_t kProgressEvery = 50'000;
  MAINSTAY_TRY_ASSIGN(reader, import::CsvReader::Open(file.path));
  std::vector<import::CsvField> fields;
  MAINSTAY_TRY_ASSIGN(any, reader->Next(fields));
  if (!any) return Fail(ErrorCode::kInvalidArgument, file.path + " is empty");
  const std::size_t width = fields.size();
  MAINSTAY_TRY_ASSIGN(found, FindColumns(file, fields));
  RowReader rows(found, file);
  RowCounts counts;
  const auto unreadable = [&](const std::string& problem) {
    if (++counts.unreadable == 1) counts.first_problem = "line " + std::to_string(reader->line()) + ": " + problem;
  };
  for (OrderRow row;;) {
    MAINSTAY_TRY_ASSIGN(more, reader->Next(fields));
    if (!more) return counts;
    if (++counts.rows % kProgressEvery == 0) progress(counts.rows);
    if (fields.size() != width) {
      unreadable("the row has another number of fields than the titles");
      continue;
    }
    const auto kind = rows.Read(fields, row);
    if (!kind) {
      unreadable(kind.error().message);
    } else if (*kind == RowReader::Kind::kNoClient) {
      ++counts.skipped_no_client;
    } else if (*kind == RowReader::Kind::kCancelled) {
      ++counts.cancelled;
    } else {
      visit(row);
    }
  }
}

}  // namespace mainstay::backtest
