// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/cpus.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <sched.h>
#include <unistd.h>

namespace nfsieve {
namespace {

struct FreeSet {
    void operator()(cpu_set_t* set) const { CPU_FREE(set); }
};

/// A set of CPUs with room for `count`, none of them in it.
struct CpuSet {
    explicit CpuSet(std::size_t count) : size(CPU_ALLOC_SIZE(count)), set(CPU_ALLOC(count)) {
        CPU_ZERO_S(size, set.get());
    }
    std::size_t size; ///< bytes
    std::unique_ptr<cpu_set_t, FreeSet> set;
};

std::size_t cpu_count() {
    return static_cast<std::size_t>(std::max(::sysconf(_SC_NPROCESSORS_CONF), 1L));
}

/// The kernel's own mask may be longer than there are CPUs, and wants no shorter one.
constexpr std::size_t most_cpus = 8192;

} // namespace

std::string Cpus::to_string() const {
    std::string text;
    for (std::size_t first = 0; first < usable.size(); ++first) {
        if (!usable[first])
            continue;
        std::size_t last = first;
        while (last + 1 < usable.size() && usable[last + 1])
            ++last;
        text += (text.empty() ? "" : ", ") + std::to_string(first);
        if (last > first)
            text += "-" + std::to_string(last);
        first = last;
    }
    return text;
}

Cpus own_cpus() {
    const CpuSet mine(most_cpus);
    const bool known = ::sched_getaffinity(0, mine.size, mine.set.get()) == 0;
    Cpus cpus;
    for (std::size_t cpu = 0; cpu < cpu_count(); ++cpu)
        cpus.usable.push_back(!known || CPU_ISSET_S(cpu, mine.size, mine.set.get()));
    return cpus;
}

Result<void> bind_to_cpu(std::uint32_t cpu) {
    const CpuSet only(most_cpus);
    CPU_SET_S(cpu, only.size, only.set.get());
    if (::sched_setaffinity(0, only.size, only.set.get()) == 0)
        return {};
    return Error{"cannot be bound to CPU " + std::to_string(cpu) + ": " + std::strerror(errno)};
}

} // namespace nfsieve
