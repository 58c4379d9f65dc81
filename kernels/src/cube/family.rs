//! The families of devices that kernels run on, as they are named. Knows which are part of this build, and no driver.

use super::device::Adapter;
use crate::error::DeviceError;

/// A way to reach GPUs. Each has the name of the cargo feature that adds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// NVIDIA's own.
    Cuda,
    /// AMD's own.
    Hip,
    /// Apple's own.
    Metal,
    /// That of all others, and the one with a software driver.
    Vulkan,
}

/// One device of a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// The GPU with this number, from 0.
    Number(usize),
    /// The driver that computes on the processor.
    Software,
}

impl Family {
    /// The makers' own first: the order in which a GPU is chosen where none is named.
    pub(crate) const ALL: [Self; 4] = [Self::Cuda, Self::Hip, Self::Metal, Self::Vulkan];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cuda => "cuda",
            Self::Hip => "hip",
            Self::Metal => "metal",
            Self::Vulkan => "vulkan",
        }
    }

    pub(crate) fn is_built(self) -> bool {
        match self {
            Self::Cuda => cfg!(feature = "cuda"),
            Self::Hip => cfg!(feature = "hip"),
            Self::Metal => cfg!(feature = "metal"),
            Self::Vulkan => cfg!(feature = "vulkan"),
        }
    }

    /// The device that a name means: `vulkan` and `vulkan:0` are the first GPU; `None` where the name is none.
    pub(crate) fn parse(name: &str) -> Option<(Self, Which)> {
        let (family, which) = match name.split_once(':') {
            None => (name, None),
            Some((family, which)) => (family, Some(which)),
        };
        let family = Self::ALL.into_iter().find(|known| known.name() == family)?;
        let which = match which {
            None => Which::Number(0),
            Some("software") if family == Self::Vulkan => Which::Software,
            Some(number) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                Which::Number(number.parse().ok()?)
            }
            Some(_) => return None,
        };
        Some((family, which))
    }

    /// Opens a device of this family.
    ///
    /// # Errors
    /// [`DeviceError`] when this build leaves the family out, or the driver has no such device.
    pub(super) fn open(self, name: &str, which: Which) -> Result<Adapter, DeviceError> {
        if !self.is_built() {
            return Err(DeviceError::NotBuilt {
                name: name.into(),
                feature: self.name(),
            });
        }
        let opened = match (self, which) {
            #[cfg(any(feature = "vulkan", feature = "metal"))]
            (Self::Vulkan | Self::Metal, _) => super::graphics::open(self, which),
            (_, Which::Number(number)) => super::compute::open(self, number),
            (_, Which::Software) => unreachable!("only names of Vulkan devices ask for it"),
        };
        opened.map_err(|reason| DeviceError::Unavailable {
            name: name.into(),
            reason,
        })
    }

    /// Names of the devices of this family that are there, GPUs before a software driver. Opens none.
    pub(crate) fn present(self) -> Vec<String> {
        let numbered = (0..self.count()).map(|number| format!("{}:{number}", self.name()));
        #[cfg(feature = "vulkan")]
        let has_software = super::graphics::has_software(self);
        #[cfg(not(feature = "vulkan"))]
        let has_software = false;
        let software = has_software.then(|| format!("{}:software", self.name()));
        numbered.chain(software).collect()
    }

    /// How many GPUs there are; none where this build leaves the family out.
    pub(crate) fn count(self) -> usize {
        if !self.is_built() {
            return 0;
        }
        match self {
            #[cfg(any(feature = "vulkan", feature = "metal"))]
            Self::Vulkan | Self::Metal => super::graphics::count(self),
            _ => super::compute::count(self),
        }
    }

    /// Why there is no GPU with the number asked for, where `present` are there.
    pub(super) fn absent(self, present: usize) -> String {
        let (maker, library) = match self {
            Self::Cuda => ("an NVIDIA", "the driver's library libcuda"),
            Self::Hip => ("an AMD", "the library libamdhip64 of ROCm"),
            Self::Metal => ("a Metal", "Metal"),
            Self::Vulkan => ("a Vulkan", "the Vulkan loader"),
        };
        match present {
            0 => format!(
                "no GPU with {maker} driver was found; {library} is missing or too old if there is one"
            ),
            1 => format!("the only GPU with {maker} driver is number 0"),
            _ => format!("the GPUs with {maker} driver are numbered 0 to {}", present - 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_is_found_by_its_name_and_numbered_from_zero() {
        for family in Family::ALL {
            let name = family.name();
            assert_eq!(Family::parse(name), Some((family, Which::Number(0))));
            assert_eq!(
                Family::parse(&format!("{name}:12")),
                Some((family, Which::Number(12)))
            );
            for bad in [
                "",
                "+1",
                "-1",
                "1.0",
                " 1",
                "first",
                "Software",
                "99999999999999999999999",
            ] {
                assert_eq!(Family::parse(&format!("{name}:{bad}")), None, "{name}:{bad}");
            }
        }
    }

    #[test]
    fn only_vulkan_has_a_software_driver() {
        let software = Family::ALL.map(|family| Family::parse(&format!("{}:software", family.name())));
        assert_eq!(
            software,
            [None, None, None, Some((Family::Vulkan, Which::Software))]
        );
    }

    #[test]
    fn an_absent_gpu_is_told_with_what_is_missing_and_what_is_there() {
        assert_eq!(
            Family::Cuda.absent(0),
            "no GPU with an NVIDIA driver was found; the driver's library libcuda is missing or too old if there is one"
        );
        assert_eq!(
            Family::Hip.absent(1),
            "the only GPU with an AMD driver is number 0"
        );
        assert_eq!(
            Family::Vulkan.absent(3),
            "the GPUs with a Vulkan driver are numbered 0 to 2"
        );
    }
}
