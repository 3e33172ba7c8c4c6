// Keeps webhooks from reaching what only this machine or its network can reach (SSRF).
//
// The URL is checked when an endpoint is added and before each send; the address is checked again at the moment a
// socket is opened, so a name that changes its address between the two (DNS rebinding) gains nothing.
// Values; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "mainstay/base/result.h"

struct sockaddr;

namespace mainstay::webhook_sender {

// An IPv4 or IPv6 address; an IPv4-mapped IPv6 address stays IPv6.
class IpAddress {
 public:
  // "192.0.2.1", "2001:db8::1" (no brackets, no zone). nullopt: not an address.
  [[nodiscard]] static std::optional<IpAddress> Parse(std::string_view text);
  // nullopt: neither AF_INET nor AF_INET6.
  [[nodiscard]] static std::optional<IpAddress> FromSockaddr(const sockaddr& address);
  [[nodiscard]] bool v6() const { return v6_; }
  // Network order; the first four count for IPv4.
  [[nodiscard]] const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  [[nodiscard]] std::string Text() const;

 private:
  bool v6_ = false;
  std::array<std::uint8_t, 16> bytes_{};
};

// A network, as in `webhooks.allowed_cidrs`.
class Cidr {
 public:
  // "10.0.0.0/8", "fd00::/8"; a lone address is a network of one. Errors: kInvalidArgument, field "allowed_cidrs":
  // not an address, a prefix too long, host bits set (the writer meant another network).
  [[nodiscard]] static Result<Cidr> Parse(std::string_view text);
  // Never across families: 127.0.0.0/8 does not contain ::ffff:127.0.0.1.
  [[nodiscard]] bool Contains(const IpAddress& address) const;

 private:
  IpAddress network_;
  int prefix_bits_ = 0;
};

// Why `address` must not be connected to ("private", "loopback", ...); nullopt: it may. An address inside `allowed`
// may always. Only global unicast is left: all special ranges of the IANA registries are refused.
[[nodiscard]] std::optional<std::string_view> ForbiddenBecause(const IpAddress& address, std::span<const Cidr> allowed);
[[nodiscard]] inline bool IsAllowedAddress(const IpAddress& address, std::span<const Cidr> allowed) {
  return !ForbiddenBecause(address, allowed).has_value();
}

inline constexpr std::size_t kMaxUrlBytes = 2'048;

// An absolute https URL without user info and fragment; http only to "localhost" or an address literal inside
// `allowed`. A host that is an address literal, in any spelling libcurl understands, is checked at once. Errors:
// kInvalidArgument, field "url".
[[nodiscard]] Result<void> CheckUrl(std::string_view url, std::span<const Cidr> allowed);

}  // namespace mainstay::webhook_sender
