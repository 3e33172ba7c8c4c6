#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <tuple>

#include "civil_time.h"
#include "csv_reader.h"
#include "mainstay/base/hash.h"
#include "readers.h"

namespace mainstay::import {
namespace {

enum Field : std::size_t {
  kClient,
  kTime,
  kAmount,
  kOrder,
  kCurrency,
  kProduct,
  kQuantity,
  kDepartment,
  kLocation,
  kMargin,
  kEventId,
  kFields,
};
constexpr std::array<std::string_view, kFields> kNames = {"client",   "time",    "amount",   "order",
                                                          "currency", "product", "quantity", "department",
                                                          "location", "margin",  "event_id"};
constexpr std::size_t kAbsent = SIZE_MAX;
using Columns = std::array<std::size_t, kFields>;

struct Row {
  std::string client;
  Instant time{};
  std::string order;
  std::string currency;
  std::string event_id;
  OrderLine line;
  RowPlace place;
  std::string content;  // Everything that makes the row what it is, for its identity.
};

struct BadRow {
  std::uint32_t column;
  std::string reason;
};

Result<Columns> FindColumns(const std::string& path, const std::vector<CsvField>& titles, const ReadOptions& options) {
  Columns columns;
  columns.fill(kAbsent);
  for (std::size_t f = 0; f < kFields; ++f) {
    const auto mapped = options.columns.find(std::string(kNames[f]));
    const std::string_view wanted = mapped == options.columns.end() ? kNames[f] : std::string_view(mapped->second);
    for (std::size_t i = 0; i < titles.size(); ++i) {
      if (titles[i].text == wanted) columns[f] = i;
    }
    if (columns[f] == kAbsent && (f <= kAmount || mapped != options.columns.end())) {
      return Fail(ErrorCode::kInvalidArgument, path + " line 1: there is no column '" + std::string(wanted) +
                                                   "'; name yours with --map " + std::string(kNames[f]) + "=Column");
    }
  }
  for (const auto& [field, column] : options.columns) {
    if (std::find(kNames.begin(), kNames.end(), field) == kNames.end()) {
      return Fail(ErrorCode::kInvalidArgument, "--map knows no field '" + field + "'");
    }
  }
  return columns;
}

class RowParser {
 public:
  RowParser(const std::vector<CsvField>& fields, const Columns& columns, const ReadOptions& options)
      : fields_(fields), columns_(columns), options_(options) {}

  tl::expected<Row, BadRow> Parse() {
    Row row;
    row.client = Text(kClient);
    row.order = Text(kOrder);
    row.event_id = Text(kEventId);
    row.currency = Text(kCurrency).empty() ? options_.currency : Text(kCurrency);
    if (row.client.empty()) return Bad(kClient, "missing");
    const Result<Instant> time = ParseFileTime(Text(kTime), options_.time_format, options_.zone);
    if (!time) return Bad(kTime, time.error().message);
    row.time = *time;
    if (row.currency.empty()) return Bad(kAmount, "money without currency; add a column or --currency");
    const Result<Money> amount = ParseMoney(Text(kAmount));
    if (!amount) return Bad(kAmount, amount.error().message);
    row.line.amount = *amount;
    if (auto problem = ParseLine(row.line)) return tl::unexpected(*problem);
    row.content = Content(row);
    return row;
  }

 private:
  std::string Text(Field field) const {
    return columns_[field] == kAbsent ? std::string() : std::string(fields_[columns_[field]].text);
  }
  tl::unexpected<BadRow> Bad(Field field, const std::string& reason) const {
    return tl::unexpected(BadRow{fields_[columns_[field]].column, std::string(kNames[field]) + ": " + reason});
  }
  std::optional<BadRow> ParseLine(OrderLine& line) const {
    line.product = ProductId{Text(kProduct).empty() ? "unspecified" : Text(kProduct)};
    if (const std::string text = Text(kQuantity); !text.empty()) {
      std::int64_t quantity = 0;
      const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), quantity);
      if (code != std::errc{} || end != text.data() + text.size()) {
        return Bad(kQuantity, "'" + text + "' is not a whole number").value();
      }
      line.quantity = std::abs(quantity);
    }
    if (const std::string text = Text(kMargin); !text.empty()) {
      const Result<Money> margin = ParseMoney(text);
      if (!margin) return Bad(kMargin, margin.error().message).value();
      line.margin = *margin;
    }
    if (!Text(kDepartment).empty()) line.department = DepartmentId{Text(kDepartment)};
    if (!Text(kLocation).empty()) line.location = LocationId{Text(kLocation)};
    return std::nullopt;
  }
  std::string Content(const Row& row) const {
    return HashParts({row.client, std::to_string(ToMs(row.time)), std::to_string(row.line.amount.units()), row.order,
                      row.currency, Text(kProduct), Text(kQuantity), Text(kDepartment), Text(kLocation), Text(kMargin)})
        .Hex();
  }

  const std::vector<CsvField>& fields_;
  const Columns& columns_;
  const ReadOptions& options_;
};

InEvent EventOf(const Row& row, const BookId& book, std::string id) {
  if (!row.event_id.empty()) id = row.event_id;
  InEvent event;
  event.source = "transactions";
  event.id = EventId{std::move(id)};
  event.time = row.time;
  event.book = book;
  event.client = ClientId{row.client};
  return event;
}

// Gives the n-th of several equal rows its own identity.
class Occurrences {
 public:
  std::string IdOf(const Row& row) {
    return HashParts({"transactions", row.content, std::to_string(++seen_[row.content])}).Hex();
  }

 private:
  std::map<std::string, int> seen_;
};

void EmitRefund(const Row& row, const std::string& id, const ReadOptions& options, PreparedImport& prepared) {
  InEvent event = EventOf(row, options.book, id);
  std::optional<OrderId> order;
  if (!row.order.empty()) order = OrderId{row.order};
  event.data = OrderRefunded{RefundId{event.id.raw()}, std::move(order), Currency{row.currency}, -row.line.amount, {}};
  AddChecked(prepared, {wire::ToEnvelope(event), wire::InTopic::kClientEvents, row.place, 1, {}});
}

// Rows of one order, or one row without an order id.
void EmitOrder(std::vector<Row>& rows, const std::string& id, const ReadOptions& options, PreparedImport& prepared) {
  std::sort(rows.begin(), rows.end(),
            [](const Row& a, const Row& b) { return std::tie(a.time, a.content) < std::tie(b.time, b.content); });
  InEvent event = EventOf(rows.front(), options.book, id);
  OrderPlaced order{OrderId{rows.front().order.empty() ? event.id.raw() : rows.front().order},
                    Currency{rows.front().currency},
                    {},
                    std::nullopt,
                    std::nullopt};
  // All rows of an order go in or none: which of two clients came first must not matter.
  const bool one_client = std::all_of(rows.begin(), rows.end(), [&](const Row& row) {
    return row.client == rows.front().client && row.currency == rows.front().currency;
  });
  if (!one_client) {
    for (const Row& row : rows) {
      Reject(prepared, row.place, 1, "the rows of order " + order.order.raw() + " name several clients or currencies");
    }
    return;
  }
  RowPlace place = rows.front().place;
  for (Row& row : rows) {
    if (row.place.line < place.line) place = row.place;
    order.lines.push_back(std::move(row.line));
  }
  const auto count = static_cast<std::uint32_t>(order.lines.size());
  event.data = std::move(order);
  AddChecked(prepared, {wire::ToEnvelope(event), wire::InTopic::kClientEvents, place, count, {}});
}

}  // namespace

Result<void> ReadTransactions(const std::string& path, std::uint32_t file, const ReadOptions& options,
                              PreparedImport& prepared) {
  MAINSTAY_TRY_ASSIGN(reader, CsvReader::Open(path));
  std::vector<CsvField> fields;
  MAINSTAY_TRY_ASSIGN(any, reader->Next(fields));
  if (!any) return Fail(ErrorCode::kInvalidArgument, path + " is empty");
  const std::size_t width = fields.size();
  MAINSTAY_TRY_ASSIGN(columns, FindColumns(path, fields, options));
  std::map<std::string, std::vector<Row>> orders;
  Occurrences occurrences;
  for (;;) {
    MAINSTAY_TRY_ASSIGN(more, reader->Next(fields));
    if (!more) break;
    ++prepared.rows;
    RowPlace place{file, reader->line(), 1};
    if (fields.size() != width) {
      Reject(prepared, place, 1,
             "the row has " + std::to_string(fields.size()) + " fields instead of " + std::to_string(width));
      continue;
    }
    auto row = RowParser(fields, columns, options).Parse();
    if (!row) {
      place.column = row.error().column;
      Reject(prepared, place, 1, row.error().reason);
      continue;
    }
    row->place = place;
    if (row->line.amount < Money{}) {
      EmitRefund(*row, occurrences.IdOf(*row), options, prepared);
    } else if (row->order.empty()) {
      std::vector<Row> alone{std::move(*row)};
      const std::string id = occurrences.IdOf(alone.front());
      EmitOrder(alone, id, options, prepared);
    } else {
      orders[row->order].push_back(std::move(*row));
    }
  }
  for (auto& [order, rows] : orders) {
    std::vector<std::string_view> contents;
    for (const Row& row : rows) contents.push_back(row.content);
    std::sort(contents.begin(), contents.end());
    std::string joined;
    for (const std::string_view content : contents) joined += content;
    EmitOrder(rows, HashParts({"transactions", order, joined}).Hex(), options, prepared);
  }
  return {};
}

}  // namespace mainstay::import
