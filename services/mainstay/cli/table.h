// Tables and text for people: columns that fit the terminal, colour only on a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mainstay::cli {

struct Terminal {
  bool is_terminal = false;
  bool colour = false;  // Never with NO_COLOR set.
  std::size_t width = 120;
  std::size_t height = 40;
};
[[nodiscard]] Terminal DetectTerminal();

enum class Align { kLeft, kRight };
struct Column {
  std::string title;
  Align align = Align::kLeft;
  bool shrinks = false;  // Gives way (with "…") when the table is too wide.
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  void Add(std::vector<std::string> cells);  // REQUIRES: one per column.
  [[nodiscard]] bool empty() const { return rows_.empty(); }
  [[nodiscard]] std::string Render(const Terminal& terminal) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// "1,234,567"
[[nodiscard]] std::string Thousands(long long number);
// "12.3 %"
[[nodiscard]] std::string Percent(double share, int decimals = 1);
// A number with the given decimals.
[[nodiscard]] std::string Fixed(double number, int decimals);
// Display width of UTF-8 text (code points; enough for names and the signs we print).
[[nodiscard]] std::size_t DisplayWidth(std::string_view text);
// "1,234.50 GBP", rounded to the currency's coins; "-" for an amount that is not there.
[[nodiscard]] std::string MoneyText(std::string_view exact, std::string_view currency);

}  // namespace mainstay::cli
