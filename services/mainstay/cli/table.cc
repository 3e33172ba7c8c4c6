#include "table.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "mainstay/base/check.h"
#include "mainstay/base/money.h"

namespace mainstay::cli {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kLeastShrunk = 12;

bool StartsCodePoint(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

std::string Fit(const std::string& text, std::size_t width) {
  if (DisplayWidth(text) <= width) return text;
  std::string cut;
  std::size_t taken = 0;
  for (const char c : text) {
    if (StartsCodePoint(c) && taken++ == width - 1) break;
    cut.push_back(c);
  }
  return cut + "…";
}

std::string Pad(const std::string& text, std::size_t width, Align align) {
  const std::string fitted = Fit(text, width);
  const std::string blanks(width - DisplayWidth(fitted), ' ');
  return align == Align::kLeft ? fitted + blanks : blanks + fitted;
}

}  // namespace

Terminal DetectTerminal() {
  Terminal terminal;
  terminal.is_terminal = isatty(STDOUT_FILENO) == 1;
  winsize size{};
  if (terminal.is_terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20) {
    terminal.width = size.ws_col;
    terminal.height = std::max<std::size_t>(size.ws_row, 10);
  }
  terminal.colour = terminal.is_terminal && std::getenv("NO_COLOR") == nullptr;
  return terminal;
}

std::size_t DisplayWidth(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), StartsCodePoint));
}

void Table::Add(std::vector<std::string> cells) {
  MAINSTAY_CHECK(cells.size() == columns_.size(), "a row has one cell per column");
  rows_.push_back(std::move(cells));
}

std::string Table::Render(const Terminal& terminal) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = DisplayWidth(columns_[i].title);
    for (const auto& row : rows_) width = std::max(width, DisplayWidth(row[i]));
    widths.push_back(width);
  }
  std::size_t total = std::accumulate(widths.begin(), widths.end(), kGap * (widths.size() - 1));
  for (std::size_t i = 0; i < columns_.size() && total > terminal.width; ++i) {
    if (!columns_[i].shrinks || widths[i] <= kLeastShrunk) continue;
    const std::size_t cut = std::min(total - terminal.width, widths[i] - kLeastShrunk);
    widths[i] -= cut;
    total -= cut;
  }
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string text;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      text += Pad(cells[i], widths[i], columns_[i].align) + (i + 1 < cells.size() ? std::string(kGap, ' ') : "");
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return text + "\n";
  };
  std::vector<std::string> titles;
  for (const Column& column : columns_) titles.push_back(column.title);
  std::string text = terminal.colour ? "\x1b[1m" + line(titles) + "\x1b[0m" : line(titles);
  for (const auto& row : rows_) text += line(row);
  return text;
}

std::string Thousands(long long number) {
  std::string digits = std::to_string(number < 0 ? -number : number);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
  return (number < 0 ? "-" : "") + digits;
}

std::string Fixed(double number, int decimals) { return fmt::format("{:.{}f}", number, decimals); }

std::string Percent(double share, int decimals) { return Fixed(share * 100, decimals) + " %"; }

std::string MoneyText(std::string_view exact, std::string_view currency) {
  const Result<Money> money = ParseMoney(exact);
  if (!money) return "-";
  const Currency code{std::string(currency)};
  std::int64_t unit = Money::kUnitsPerWhole;  // Of the currency's smallest coin.
  for (int digit = MinorDigits(code); digit > 0; --digit) unit /= 10;
  const std::int64_t half = money->units() < 0 ? -unit / 2 : unit / 2;
  const Money rounded = CheckedAdd(*money, Money::FromUnits(half)).value_or(*money);
  const std::string amount = FormatMoney(Money::FromUnits(rounded.units() / unit * unit), code);
  const std::size_t point = std::min(amount.find('.'), amount.size());
  const bool negative = amount.front() == '-';
  std::string whole(amount.substr(negative ? 1 : 0, point - (negative ? 1 : 0)));
  for (std::size_t i = whole.size(); i > 3; i -= 3) whole.insert(i - 3, ",");
  return fmt::format("{}{}{} {}", negative ? "-" : "", whole, amount.substr(point), currency);
}

}  // namespace mainstay::cli
