// The next best product from what clients of the same book hold together. Pure.
//
// n clients hold something, n_p of them p, n_op both o and p. A candidate p is held by at least max(5, 1 %) of the n;
// p follows from o when n_op >= 3 and lift >= 1.2. score(p | o) = (n_op + 5 n_p / n) / (n_o + 5): the smoothing pulls
// small counts towards the book's average.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mainstay::segmentation {

struct Association {
  std::string owned;         // o
  std::string product;       // p
  std::int64_t both = 0;     // n_op
  std::int64_t holders = 0;  // n_p
  double support = 0;        // n_op / n
  double confidence = 0;     // n_op / n_o
  double lift = 0;           // confidence / (n_p / n)
  double score = 0;
  friend bool operator==(const Association&, const Association&) = default;
};

inline constexpr std::size_t kMostCandidates = 1'000;  // The most held ones, ties by id.
inline constexpr std::size_t kMostOwned = 4'000;       // Products others may follow from, chosen the same way.
inline constexpr std::size_t kMostPartners = 100;      // Kept per owned product, best first.

// A candidate by its place in PairCounts::candidates(): what ranking needs of an Association, without its strings.
struct Partner {
  std::uint32_t candidate = 0;
  double score = 0;
};

// Counts pairs: first every client's products, one AddClient each, then the rest.
class PairCounts {
 public:
  // `holders`: how many clients hold each product; `n`: how many hold any.
  PairCounts(const std::map<std::string, std::int64_t>& holders, std::int64_t n);
  void AddClient(std::span<const std::string> products);
  // Every product something may follow from.
  [[nodiscard]] const std::vector<std::string>& owned() const { return owned_; }
  [[nodiscard]] const std::vector<std::string>& candidates() const { return candidates_; }
  // Best first, ties by id, at most kMostPartners. REQUIRES: index < owned().size().
  [[nodiscard]] std::vector<Partner> PartnersOf(std::size_t index) const;
  [[nodiscard]] std::vector<Association> EvidenceOf(std::size_t index, std::span<const Partner> ranked) const;
  // EvidenceOf(PartnersOf).
  [[nodiscard]] std::vector<Association> AssociationsOf(std::size_t index) const;
  // Where a product lies in owned() and in candidates().
  [[nodiscard]] std::optional<std::uint32_t> OwnedIndexOf(const std::string& product) const;
  [[nodiscard]] std::optional<std::uint32_t> CandidateIndexOf(const std::string& product) const;

 private:
  std::int64_t n_;
  std::map<std::string, std::uint32_t> owned_index_;
  std::map<std::string, std::uint32_t> candidate_index_;
  std::vector<std::string> owned_;
  std::vector<std::string> candidates_;
  std::vector<std::int64_t> owned_holders_;
  std::vector<std::int64_t> candidate_holders_;
  std::vector<std::uint32_t> both_;  // [owned][candidate]
};

// Ranks what was counted, once for each owned product, for many clients in turn.
class Recommender {
 public:
  explicit Recommender(PairCounts counts);
  [[nodiscard]] const PairCounts& counts() const { return counts_; }
  [[nodiscard]] std::span<const Partner> PartnersOf(std::size_t index) const { return partners_.at(index); }
  // The products NextProducts would name, without their evidence.
  [[nodiscard]] std::vector<std::string> For(std::span<const std::string> held, std::size_t most) const;

 private:
  PairCounts counts_;
  std::vector<std::vector<Partner>> partners_;  // As counts().owned().
};

// The best associations towards products the client does not hold, one per product, best first, ties by id.
// `of`: the associations of each held product, each list best first, ties by id; of equal ones the earlier list's.
[[nodiscard]] std::vector<Association> NextProducts(const std::set<std::string>& held,
                                                    std::span<const std::vector<Association>> of, std::size_t most);

}  // namespace mainstay::segmentation
