#include "mainstay/webhook_sender/address_guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace mainstay::webhook_sender {
namespace {

struct Range {
  std::string_view network;
  int prefix_bits;
  std::string_view why;
};

constexpr std::array kForbidden4 = {
    Range{"0.0.0.0", 8, "unspecified"},
    Range{"10.0.0.0", 8, "private"},
    Range{"100.64.0.0", 10, "carrier-grade NAT"},
    Range{"127.0.0.0", 8, "loopback"},
    Range{"169.254.0.0", 16, "link-local"},
    Range{"172.16.0.0", 12, "private"},
    Range{"192.0.0.0", 24, "reserved"},
    Range{"192.0.2.0", 24, "documentation"},
    Range{"192.88.99.0", 24, "6to4 relay"},
    Range{"192.168.0.0", 16, "private"},
    Range{"198.18.0.0", 15, "benchmarking"},
    Range{"198.51.100.0", 24, "documentation"},
    Range{"203.0.113.0", 24, "documentation"},
    Range{"224.0.0.0", 4, "multicast"},
    Range{"240.0.0.0", 4, "reserved"},
};

// The first that contains an address names it, so narrow ranges come before the wide ones around them.
constexpr std::array kForbidden6 = {
    Range{"::", 128, "unspecified"},          Range{"::1", 128, "loopback"},
    Range{"::ffff:0:0", 96, "IPv4-mapped"},   Range{"64:ff9b::", 96, "NAT64"},
    Range{"64:ff9b:1::", 48, "NAT64"},        Range{"100::", 64, "discard"},
    Range{"2001:2::", 48, "benchmarking"},    Range{"2001::", 23, "reserved"},
    Range{"2001:db8::", 32, "documentation"}, Range{"2002::", 16, "6to4"},
    Range{"3fff::", 20, "documentation"},     Range{"fc00::", 7, "private"},
    Range{"fe80::", 10, "link-local"},        Range{"fec0::", 10, "private"},
    Range{"ff00::", 8, "multicast"},
};
constexpr Range kGlobalUnicast6{"2000::", 3, ""};

bool SharesPrefix(const IpAddress& a, const IpAddress& b, int bits) {
  if (a.v6() != b.v6()) return false;
  const auto whole = static_cast<std::size_t>(bits / 8);
  if (!std::equal(a.bytes().begin(), a.bytes().begin() + whole, b.bytes().begin())) return false;
  if (bits % 8 == 0) return true;
  const int shift = 8 - bits % 8;
  return (a.bytes()[whole] >> shift) == (b.bytes()[whole] >> shift);
}

bool Inside(const IpAddress& address, const Range& range) {
  const std::optional<IpAddress> network = IpAddress::Parse(range.network);
  return network && SharesPrefix(address, *network, range.prefix_bits);
}

template <std::size_t N>
std::optional<std::string_view> FirstRange(const IpAddress& address, const std::array<Range, N>& ranges) {
  const auto* found = std::find_if(ranges.begin(), ranges.end(), [&](const Range& r) { return Inside(address, r); });
  return found == ranges.end() ? std::nullopt : std::optional(found->why);
}

bool HostBitsSet(const IpAddress& address, int prefix_bits) {
  const int size = address.v6() ? 128 : 32;
  for (int bit = prefix_bits; bit < size; ++bit) {
    if ((address.bytes()[static_cast<std::size_t>(bit / 8)] >> (7 - bit % 8)) & 1) return true;
  }
  return false;
}

}  // namespace

std::optional<IpAddress> IpAddress::Parse(std::string_view text) {
  const std::string terminated(text);
  if (terminated.find('\0') != std::string::npos) return std::nullopt;
  IpAddress address;
  if (inet_pton(AF_INET, terminated.c_str(), address.bytes_.data()) == 1) return address;
  address.v6_ = true;
  if (inet_pton(AF_INET6, terminated.c_str(), address.bytes_.data()) == 1) return address;
  return std::nullopt;
}

std::optional<IpAddress> IpAddress::FromSockaddr(const sockaddr& address) {
  IpAddress out;
  if (address.sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &address, sizeof in);
    std::memcpy(out.bytes_.data(), &in.sin_addr, sizeof in.sin_addr);
    return out;
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, &address, sizeof in);
    out.v6_ = true;
    std::memcpy(out.bytes_.data(), &in.sin6_addr, sizeof in.sin6_addr);
    return out;
  }
  return std::nullopt;
}

std::string IpAddress::Text() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(v6_ ? AF_INET6 : AF_INET, bytes_.data(), text.data(), static_cast<socklen_t>(text.size()));
  return text.data();
}

Result<Cidr> Cidr::Parse(std::string_view text) {
  const std::string name(text);
  const std::size_t slash = text.find('/');
  const std::optional<IpAddress> network = IpAddress::Parse(text.substr(0, slash));
  if (!network) return InvalidField("allowed_cidrs", "\"" + name + "\" is not a network like 10.0.0.0/8 or fd00::/8");
  Cidr cidr;
  cidr.network_ = *network;
  const int longest = network->v6() ? 128 : 32;
  cidr.prefix_bits_ = longest;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), cidr.prefix_bits_);
    const bool number = error == std::errc{} && end == digits.data() + digits.size();
    if (!number || cidr.prefix_bits_ < 0 || cidr.prefix_bits_ > longest) {
      return InvalidField("allowed_cidrs",
                          "\"" + name + "\" needs a prefix of 0 to " + std::to_string(longest) + " bits");
    }
  }
  if (HostBitsSet(*network, cidr.prefix_bits_)) {
    return InvalidField("allowed_cidrs", "\"" + name + "\" has bits set behind its prefix");
  }
  return cidr;
}

bool Cidr::Contains(const IpAddress& address) const { return SharesPrefix(address, network_, prefix_bits_); }

std::optional<std::string_view> ForbiddenBecause(const IpAddress& address, std::span<const Cidr> allowed) {
  if (std::any_of(allowed.begin(), allowed.end(), [&](const Cidr& cidr) { return cidr.Contains(address); })) {
    return std::nullopt;
  }
  if (!address.v6()) return FirstRange(address, kForbidden4);
  if (const auto why = FirstRange(address, kForbidden6)) return why;
  if (!Inside(address, kGlobalUnicast6)) return "not global unicast";
  return std::nullopt;
}

}  // namespace mainstay::webhook_sender
