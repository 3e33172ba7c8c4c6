#include "backtest/read_histories.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "import/civil_time.h"
#include "import/csv_reader.h"
#include "mainstay/base/money.h"

namespace mainstay::backtest {
namespace {

struct Columns {
  std::size_t client = 0;
  std::size_t time = 0;
  std::size_t amount = 0;
  std::size_t invoice = SIZE_MAX;  // Present only for Online Retail, as is the quantity.
  std::size_t quantity = SIZE_MAX;
};

Result<Columns> FindColumns(const std::string& path, const std::vector<import::CsvField>& titles,
                            const std::map<std::string, std::string>& names) {
  const auto find = [&](std::string_view title) {
    for (std::size_t i = 0; i < titles.size(); ++i) {
      if (titles[i].text == title) return i;
    }
    return SIZE_MAX;
  };
  Columns columns;
  if (names.empty() && find("InvoiceNo") != SIZE_MAX && find("StockCode") != SIZE_MAX) {
    columns = {find("CustomerID"), find("InvoiceDate"), find("UnitPrice"), find("InvoiceNo"), find("Quantity")};
    if (std::max({columns.client, columns.time, columns.amount, columns.quantity}) == SIZE_MAX) {
      return Fail(ErrorCode::kInvalidArgument, path + " line 1: the columns are not those of Online Retail");
    }
    return columns;
  }
  const auto column = [&](const char* field) -> Result<std::size_t> {
    const auto named = names.find(field);
    const std::string title = named == names.end() ? field : named->second;
    const std::size_t at = find(title);
    if (at != SIZE_MAX) return at;
    return Fail(ErrorCode::kInvalidArgument,
                path + " line 1: there is no column '" + title + "'; name yours with --map " + field + "=Column");
  };
  MAINSTAY_TRY_ASSIGN(client, column("client"));
  MAINSTAY_TRY_ASSIGN(time, column("time"));
  MAINSTAY_TRY_ASSIGN(amount, column("amount"));
  columns.client = client;
  columns.time = time;
  columns.amount = amount;
  return columns;
}

class RowReader {
 public:
  RowReader(const Columns& columns, const std::string& time_format) : columns_(columns), time_format_(time_format) {}

  // What is wrong with the row, if anything.
  std::optional<std::string> Take(const std::vector<import::CsvField>& fields, ReadHistories& out) {
    std::string_view client = fields[columns_.client].text;
    if (client.empty()) {
      ++out.skipped_no_client;
      return std::nullopt;
    }
    if (client.ends_with(".0")) client.remove_suffix(2);  // How a spreadsheet writes a whole number.
    if (columns_.invoice != SIZE_MAX && fields[columns_.invoice].text.starts_with('C')) {
      ++out.cancelled;
      return std::nullopt;
    }
    Result<Money> amount = ParseMoney(fields[columns_.amount].text);
    if (!amount) return amount.error().message;
    if (columns_.quantity != SIZE_MAX) {
      std::int64_t quantity = 0;
      const std::string_view digits = fields[columns_.quantity].text;
      const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), quantity);
      if (code != std::errc{} || end != digits.data() + digits.size()) return "the quantity is not a whole number";
      const std::optional<Money> product = CheckedMultiply(*amount, quantity);
      if (!product) return "quantity times price is too large";
      amount = *product;
    }
    if (*amount < Money{}) {
      ++out.cancelled;
      return std::nullopt;
    }
    const Result<Day> day = DayOf(fields[columns_.time].text);
    if (!day) return day.error().message;
    double& value = days_[std::string(client)][*day];
    value += static_cast<double>(amount->units()) / 10'000;
    return std::nullopt;
  }

  std::vector<risk::DayHistory> Finish() const {
    std::vector<risk::DayHistory> histories;
    for (const auto& [client, days] : days_) {
      risk::DayHistory history;
      for (const auto& [day, value] : days) {
        if (value <= 0) continue;
        history.days.push_back(day);
        history.values.push_back(value);
      }
      if (!history.days.empty()) histories.push_back(std::move(history));
    }
    return histories;
  }

 private:
  // Local dates as they stand in the file; rows of one order share theirs.
  Result<Day> DayOf(std::string_view text) {
    if (text == last_text_) return last_day_;
    MAINSTAY_TRY_ASSIGN(at, import::ParseFileTime(text, time_format_, ZoneRules{}));
    last_text_ = text;
    last_day_ = std::chrono::floor<std::chrono::days>(at);
    return last_day_;
  }

  Columns columns_;
  std::string time_format_;
  std::map<std::string, std::map<Day, double>> days_;
  std::string last_text_;
  Day last_day_{};
};

}  // namespace

Result<ReadHistories> ReadOrderDays(const std::string& path, const std::map<std::string, std::string>& columns,
                                    const std::string& time_format,
                                    const std::function<void(std::uint64_t rows)>& progress) {
  constexpr std::uint64_t kProgressEvery = 50'000;
  MAINSTAY_TRY_ASSIGN(reader, import::CsvReader::Open(path));
  std::vector<import::CsvField> fields;
  MAINSTAY_TRY_ASSIGN(any, reader->Next(fields));
  if (!any) return Fail(ErrorCode::kInvalidArgument, path + " is empty");
  const std::size_t width = fields.size();
  MAINSTAY_TRY_ASSIGN(found, FindColumns(path, fields, columns));
  RowReader rows(found, time_format);
  ReadHistories out;
  for (;;) {
    MAINSTAY_TRY_ASSIGN(more, reader->Next(fields));
    if (!more) break;
    if (++out.rows % kProgressEvery == 0) progress(out.rows);
    const std::optional<std::string> problem =
        fields.size() == width ? rows.Take(fields, out) : "the row has another number of fields than the titles";
    if (!problem) continue;
    if (++out.unreadable == 1) out.first_problem = "line " + std::to_string(reader->line()) + ": " + *problem;
  }
  out.histories = rows.Finish();
  return out;
}

}  // namespace mainstay::backtest
