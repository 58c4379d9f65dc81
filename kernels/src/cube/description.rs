//! What the runtime tells of an opened device, in the library's words.

use cubecl::features::Plane;
use cubecl::ir::{ElemType, FloatKind};

use super::device::CubeDevice;
use crate::survey::{Description, Feature};

impl CubeDevice {
    /// What the driver tells of the device.
    pub(crate) fn describe(&self) -> Description {
        let (properties, limits) = (self.client().properties(), self.limits());
        Description {
            adapter: properties.identity.name.clone(),
            driver: self.driver().map(str::to_owned),
            memory: properties.memory.max_memory(),
            largest_array: self.largest_buffer(),
            shared_memory: limits.shared_bytes as u64,
            units_per_cube: limits.units_per_cube as u64,
            features: Feature::ALL.map(|feature| (feature, self.has(feature))),
        }
    }

    fn has(&self, feature: Feature) -> bool {
        let features = self.client().features();
        let float = |kind| features.supports_type(ElemType::Float(kind));
        match feature {
            Feature::F64 => float(FloatKind::F64),
            Feature::F16 => float(FloatKind::F16),
            Feature::Planes => features.plane.contains(Plane::Ops),
            Feature::MatrixUnits => !features.matmul.cmma.is_empty() || !features.matmul.mma.is_empty(),
        }
    }
}
