#include "mainstay/webhook_sender/address_guard.h"

#include <gtest/gtest.h>

#include <vector>

namespace mainstay::webhook_sender {
namespace {

std::vector<Cidr> Networks(const std::vector<std::string>& texts) {
  std::vector<Cidr> networks;
  for (const auto& text : texts) networks.push_back(*Cidr::Parse(text));
  return networks;
}

std::string Why(const std::string& address, const std::vector<std::string>& allowed = {}) {
  const auto ip = IpAddress::Parse(address);
  if (!ip) return "not an address";
  return std::string(ForbiddenBecause(*ip, Networks(allowed)).value_or("allowed"));
}

TEST(AddressGuard, FirstAndLastAddressOfEverySpecialRangeAreRefusedAndTheirNeighboursAllowed) {
  struct Row {
    std::string first, last, why;
    std::vector<std::string> neighbours;
  };
  const std::vector<Row> rows = {
      {"0.0.0.0", "0.255.255.255", "unspecified", {"1.0.0.0"}},
      {"10.0.0.0", "10.255.255.255", "private", {"9.255.255.255", "11.0.0.0"}},
      {"100.64.0.0", "100.127.255.255", "carrier-grade NAT", {"100.63.255.255", "100.128.0.0"}},
      {"127.0.0.0", "127.255.255.255", "loopback", {"126.255.255.255", "128.0.0.0"}},
      {"169.254.0.0", "169.254.255.255", "link-local", {"169.253.255.255", "169.255.0.0"}},
      {"172.16.0.0", "172.31.255.255", "private", {"172.15.255.255", "172.32.0.0"}},
      {"192.0.0.0", "192.0.0.255", "reserved", {"191.255.255.255", "192.0.1.0"}},
      {"192.0.2.0", "192.0.2.255", "documentation", {"192.0.3.0"}},
      {"192.88.99.0", "192.88.99.255", "6to4 relay", {"192.88.98.255", "192.88.100.0"}},
      {"192.168.0.0", "192.168.255.255", "private", {"192.167.255.255", "192.169.0.0"}},
      {"198.18.0.0", "198.19.255.255", "benchmarking", {"198.17.255.255", "198.20.0.0"}},
      {"198.51.100.0", "198.51.100.255", "documentation", {"198.51.99.255", "198.51.101.0"}},
      {"203.0.113.0", "203.0.113.255", "documentation", {"203.0.112.255", "203.0.114.0"}},
      {"224.0.0.0", "239.255.255.255", "multicast", {"223.255.255.255"}},
      {"240.0.0.0", "255.255.255.255", "reserved", {}},
      {"::", "::", "unspecified", {}},
      {"::1", "::1", "loopback", {}},
      {"::ffff:0.0.0.0", "::ffff:255.255.255.255", "IPv4-mapped", {}},
      {"64:ff9b::", "64:ff9b::ffff:ffff", "NAT64", {}},
      {"64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "NAT64", {}},
      {"100::", "100::ffff:ffff:ffff:ffff", "discard", {}},
      {"2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "reserved", {"2001:200::"}},
      {"2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff", "benchmarking", {}},
      {"2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "documentation", {"2001:db7:ffff::", "2001:db9::"}},
      {"2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "6to4", {"2001:ffff::", "2003::"}},
      {"3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "documentation", {"3ffe::", "3fff:1000::"}},
      {"fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "private", {}},
      {"fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "link-local", {}},
      {"fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "private", {}},
      {"ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "multicast", {}},
      {"4000::", "fbff::", "not global unicast", {"2000::", "2606:4700::1111"}},
      {"::7f00:1", "1fff::", "not global unicast", {}},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(Why(row.first), row.why) << row.first;
    EXPECT_EQ(Why(row.last), row.why) << row.last;
    for (const auto& neighbour : row.neighbours) EXPECT_EQ(Why(neighbour), "allowed") << neighbour;
  }
}

TEST(AddressGuard, AnAllowedNetworkOpensItselfOnly) {
  EXPECT_EQ(Why("127.0.0.1", {"127.0.0.0/8"}), "allowed");
  EXPECT_EQ(Why("10.0.0.1", {"127.0.0.0/8"}), "private");
  EXPECT_EQ(Why("10.1.255.255", {"10.0.0.0/15"}), "allowed");
  EXPECT_EQ(Why("10.2.0.0", {"10.0.0.0/15"}), "private");
  EXPECT_EQ(Why("::ffff:127.0.0.1", {"127.0.0.0/8"}), "IPv4-mapped");
  EXPECT_EQ(Why("fd00::1", {"fd00::/8"}), "allowed");
  EXPECT_EQ(Why("::1", {"127.0.0.0/8", "::1"}), "allowed");
}

TEST(Cidr, NonsenseIsRefused) {
  for (const char* text : {"", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.1/8", "10/8",
                           "fd00::/129", "host/8", "10.0.0.0 /8"}) {
    const auto cidr = Cidr::Parse(text);
    ASSERT_FALSE(cidr) << text;
    EXPECT_EQ(cidr.error().field, "allowed_cidrs");
  }
  EXPECT_TRUE(Cidr::Parse("0.0.0.0/0"));
  EXPECT_TRUE(Cidr::Parse("10.1.2.3"));
}

bool Accepts(const std::string& url, const std::vector<std::string>& allowed = {}) {
  const auto result = CheckUrl(url, Networks(allowed));
  EXPECT_TRUE(result || result.error().field == "url");
  return result.has_value();
}

TEST(CheckUrl, HttpsAnywherePublicAndHttpOnlyInside) {
  EXPECT_TRUE(Accepts("https://example.com/hook?x=1"));
  EXPECT_TRUE(Accepts("HTTPS://EXAMPLE.com:8443/"));
  EXPECT_FALSE(Accepts("http://example.com/"));
  EXPECT_FALSE(Accepts("http://93.184.216.34/"));
  EXPECT_FALSE(Accepts("http://127.0.0.1:80/"));
  EXPECT_FALSE(Accepts("https://127.0.0.1/"));
  EXPECT_FALSE(Accepts("https://localhost/"));
  EXPECT_FALSE(Accepts("https://LOCALHOST./"));
  EXPECT_FALSE(Accepts("https://[::1]/"));
  const std::vector<std::string> loopback = {"127.0.0.0/8", "::1/128"};
  EXPECT_TRUE(Accepts("http://127.0.0.1:8080/hook", loopback));
  EXPECT_TRUE(Accepts("http://localhost:8080/hook", loopback));
  EXPECT_TRUE(Accepts("http://[::1]:8080/hook", loopback));
  EXPECT_FALSE(Accepts("http://10.0.0.1/", loopback));
  EXPECT_FALSE(Accepts("http://internal.example.com/", loopback)) << "a name may change its address";
}

TEST(CheckUrl, EverySpellingOfAnAddressIsTheAddress) {
  for (const char* url :
       {"https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://127.1/", "https://0/",
        "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://127.0.0.1./"}) {
    EXPECT_FALSE(Accepts(url)) << url;
  }
}

TEST(CheckUrl, NonsenseIsRefused) {
  for (const std::string& url : std::vector<std::string>{
           "", "example.com", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "https://",
           "https:///path", "https:/example.com/", "https://user@example.com/", "https://user:secret@example.com/",
           "https://example.com/#part", "https://example.com:0/", "https://example.com:99999/",
           "https://example.com/a b", "https://example.com/\r\nx: y", "https://ex\xc3\xa4mple.com/",
           "https://[fe80::1%25eth0]/", "https://example.com/" + std::string(2048, 'a')}) {
    EXPECT_FALSE(Accepts(url)) << url;
  }
}

}  // namespace
}  // namespace mainstay::webhook_sender
