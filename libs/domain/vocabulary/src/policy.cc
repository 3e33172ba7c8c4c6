#include "mainstay/vocabulary/policy.h"

#include <array>
#include <charconv>
#include <optional>

namespace mainstay {
namespace {

constexpr std::string_view kSplitWord = "split";

std::string_view Trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

tl::unexpected<Error> BadPolicy(std::string_view text, const std::string& why) {
  return InvalidField("tiers", "'" + std::string(text) + "' is not a tier policy: " + why);
}

// A whole percent of at most three digits; charconv alone would also accept a sign.
std::optional<int> Percent(std::string_view text) {
  if (text.empty() || text.size() > 3) return std::nullopt;
  int value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || value < 0) return std::nullopt;
  return value;
}

Result<TierPolicy> ParseSplit(std::string_view text, std::string_view shares) {
  std::array<int, 3> percent{};
  for (std::size_t i = 0; i < percent.size(); ++i) {
    const std::size_t slash = i < 2 ? shares.find('/') : shares.size();
    const std::optional<int> value =
        slash == std::string_view::npos ? std::nullopt : Percent(Trim(shares.substr(0, slash)));
    if (!value) return BadPolicy(text, "a split needs three whole percents, such as split 20/20/60");
    percent[i] = *value;
    if (i < 2) shares.remove_prefix(slash + 1);
  }
  const int sum = percent[0] + percent[1] + percent[2];
  if (sum != 100) return BadPolicy(text, "its percents add up to " + std::to_string(sum) + ", not to 100");
  if (percent[0] < 1) return BadPolicy(text, "tier A needs at least 1 percent");
  return TierPolicy{TierPolicy::Kind::kSplit, percent[0], percent[1], percent[2]};
}

}  // namespace

Result<TierPolicy> ParseTierPolicy(std::string_view text) {
  const std::string_view trimmed = Trim(text);
  if (trimmed == "pareto") return TierPolicy{TierPolicy::Kind::kPareto, 0, 0, 0};
  if (trimmed == "revenue") return TierPolicy{TierPolicy::Kind::kRevenue, 0, 0, 0};
  if (trimmed.starts_with(kSplitWord)) {
    const std::string_view rest = trimmed.substr(kSplitWord.size());
    if (rest.empty() || rest.front() == ' ') return ParseSplit(text, Trim(rest));
  }
  return BadPolicy(text, "it must be pareto, split a/b/c or revenue");
}

std::string FormatTierPolicy(const TierPolicy& policy) {
  switch (policy.kind) {
    case TierPolicy::Kind::kSplit:
      return "split " + std::to_string(policy.a) + "/" + std::to_string(policy.b) + "/" + std::to_string(policy.c);
    case TierPolicy::Kind::kRevenue: return "revenue";
    case TierPolicy::Kind::kPareto: break;
  }
  return "pareto";
}

}  // namespace mainstay
