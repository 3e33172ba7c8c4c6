#include <algorithm>
#include <charconv>
#include <set>
#include <unordered_map>

#include "civil_time.h"
#include "csv_reader.h"
#include "mainstay/base/hash.h"
#include "readers.h"

namespace mainstay::import {
namespace {

constexpr std::array<std::string_view, 8> kTitles = {"InvoiceNo",   "StockCode", "Description", "Quantity",
                                                     "InvoiceDate", "UnitPrice", "CustomerID",  "Country"};
enum Title : std::size_t { kInvoice, kProduct, kDescription, kQuantity, kDate, kPrice, kClient };

struct Invoice {
  std::string client;
  Instant time{};
  std::vector<OrderLine> lines;
  std::vector<RowPlace> places;  // Of its rows, each at its client.
  std::set<std::string> others;  // Further clients that its rows name: then none of them goes in.
};

// A whole row with the client that it names, or why it cannot be read.
struct Row {
  Instant time{};
  OrderLine line;
};

struct BadRow {
  std::uint32_t column;
  std::string reason;
};

tl::expected<Row, BadRow> ParseRow(const std::vector<CsvField>& fields, const ReadOptions& options) {
  const auto bad = [&](std::size_t i, const std::string& reason) {
    return tl::unexpected(BadRow{fields[i].column, std::string(kTitles[i]) + ": " + reason});
  };
  const Result<Instant> time = ParseFileTime(fields[kDate].text, options.time_format, options.zone);
  if (!time) return bad(kDate, time.error().message);
  std::int64_t quantity = 0;
  const std::string_view digits = fields[kQuantity].text;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), quantity);
  if (code != std::errc{} || end != digits.data() + digits.size()) {
    return bad(kQuantity, "'" + std::string(digits) + "' is not a whole number");
  }
  const Result<Money> price = ParseMoney(fields[kPrice].text);
  if (!price) return bad(kPrice, price.error().message);
  const std::optional<Money> amount = CheckedMultiply(*price, quantity);
  if (!amount) return bad(kPrice, "quantity times price is too large");
  if (fields[kProduct].text.empty()) return bad(kProduct, "missing");
  OrderLine line;
  line.product = ProductId{std::string(fields[kProduct].text)};
  line.quantity = std::abs(quantity);
  line.amount = *amount;
  return Row{*time, std::move(line)};
}

std::string Joined(const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// Every row of an invoice goes in or none: which of two clients or of too many lines came first must not matter.
void Refuse(const Invoice& invoice, const std::string& reason, PreparedImport& prepared) {
  for (const RowPlace& place : invoice.places) Reject(prepared, place, 1, reason);
}

void Emit(const std::string& number, Invoice& invoice, const ReadOptions& options, PreparedImport& prepared) {
  if (!invoice.others.empty()) {
    invoice.others.insert(invoice.client);
    return Refuse(invoice, "invoice " + number + " names several clients: " + Joined(invoice.others), prepared);
  }
  // The rows' order never matters: lines are kept sorted.
  std::sort(invoice.lines.begin(), invoice.lines.end(), [](const OrderLine& a, const OrderLine& b) {
    return std::tie(a.product, a.amount, a.quantity) < std::tie(b.product, b.amount, b.quantity);
  });
  Money total;
  for (const OrderLine& line : invoice.lines) {
    const std::optional<Money> sum = CheckedAdd(total, line.amount);
    if (!sum) return Refuse(invoice, "the invoice is too large", prepared);
    total = *sum;
  }
  InEvent event;
  event.source = "online-retail";
  event.id = EventId{HashParts({"online-retail", options.book.raw(), number}).Hex()};
  event.time = invoice.time;
  event.book = options.book;
  event.client = ClientId{invoice.client};
  const auto rows = static_cast<std::uint32_t>(invoice.lines.size());
  const Currency currency{"GBP"};
  if (number.starts_with('C')) {
    event.data = OrderRefunded{RefundId{number}, std::nullopt, currency, -total, {}};
  } else {
    event.data = OrderPlaced{OrderId{number}, currency, std::move(invoice.lines), std::nullopt, std::nullopt};
  }
  RowPlace first = invoice.places.front();
  first.column = 1;
  AddChecked(prepared, {wire::ToEnvelope(event), wire::InTopic::kClientEvents, first, rows, {}});
}

Result<void> CheckTitles(const std::string& path, const std::vector<CsvField>& fields) {
  bool same = fields.size() == kTitles.size();
  for (std::size_t i = 0; same && i < fields.size(); ++i) same = fields[i].text == kTitles[i];
  if (same) return {};
  return Fail(ErrorCode::kInvalidArgument,
              path +
                  " line 1: the columns are not those of Online Retail (InvoiceNo, StockCode, Description, Quantity, "
                  "InvoiceDate, UnitPrice, CustomerID, Country); try --format transactions with --map");
}

// "17850.0" is how a spreadsheet writes 17850.
std::string ClientName(std::string_view text) {
  if (text.ends_with(".0")) text.remove_suffix(2);
  return std::string(text);
}

void AddRow(const std::vector<CsvField>& fields, RowPlace place, const ReadOptions& options,
            std::unordered_map<std::string, Invoice>& invoices, PreparedImport& prepared) {
  ++prepared.rows;
  if (fields.size() != kTitles.size()) {
    return Reject(
        prepared, place, 1,
        "the row has " + std::to_string(fields.size()) + " fields instead of " + std::to_string(kTitles.size()));
  }
  if (fields[kClient].text.empty()) {
    ++prepared.skipped_no_client;
    return;
  }
  auto row = ParseRow(fields, options);
  if (!row) {
    place.column = row.error().column;
    return Reject(prepared, place, 1, row.error().reason);
  }
  const std::string client = ClientName(fields[kClient].text);
  const auto [entry, is_new] = invoices.try_emplace(std::string(fields[kInvoice].text));
  Invoice& invoice = entry->second;
  if (is_new) {
    invoice.client = client;
    invoice.time = row->time;
  }
  if (invoice.client != client) invoice.others.insert(client);
  place.column = fields[kClient].column;
  invoice.places.push_back(place);
  invoice.time = std::min(invoice.time, row->time);
  invoice.lines.push_back(std::move(row->line));
}

}  // namespace

Result<void> ReadOnlineRetail(const std::string& path, std::uint32_t file, const ReadOptions& options,
                              PreparedImport& prepared) {
  MAINSTAY_TRY_ASSIGN(reader, CsvReader::Open(path));
  std::vector<CsvField> fields;
  MAINSTAY_TRY_ASSIGN(any, reader->Next(fields));
  if (!any) return Fail(ErrorCode::kInvalidArgument, path + " is empty");
  MAINSTAY_TRY(CheckTitles(path, fields));
  std::unordered_map<std::string, Invoice> invoices;
  for (;;) {
    MAINSTAY_TRY_ASSIGN(more, reader->Next(fields));
    if (!more) break;
    AddRow(fields, {file, reader->line(), 1}, options, invoices, prepared);
  }
  for (auto& [number, invoice] : invoices) Emit(number, invoice, options, prepared);
  return {};
}

}  // namespace mainstay::import
