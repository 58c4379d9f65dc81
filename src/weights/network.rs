//! From the arrays of a file to the weights of a network, in this program's layouts.

use gan_kernels::{Array, Device};

use super::error::{ArraysError, WeightsFileError};
use super::file::{Tensor, WeightsFile};
use super::known::{KnownNetwork, is_ignored};
use crate::nn::Weights;

/// The weights of a network from the arrays of a file, under the same names: filters [height, width, in, out], dense layers
/// [in, out], all else as it is. What only training needs is left out.
///
/// # Errors
/// [`ArraysError`] where the arrays are another network's, or one is missing, has another shape, is none of the network's, or
/// holds a number that is not finite.
pub fn network_weights(network: KnownNetwork, tensors: Vec<Tensor>) -> Result<Weights, ArraysError> {
    let arrays = || tensors.iter().map(|tensor| (&tensor.name[..], &tensor.shape[..]));
    network.check(arrays()).map_err(|error| {
        let others = KnownNetwork::ALL.into_iter().filter(|other| *other != network);
        let mut others = others.filter(|other| other.check(arrays()).is_ok());
        let named = others
            .next()
            .map(|found| ArraysError::OtherNetwork { network, found });
        named.unwrap_or(error)
    })?;
    let needed = tensors.into_iter().filter(|tensor| !is_ignored(&tensor.name));
    let array = |tensor: Tensor| {
        if !tensor.values.iter().all(|value| value.is_finite()) {
            let name = tensor.name;
            return Err(ArraysError::NotFinite { network, name });
        }
        let (shape, values) = in_our_layout(&tensor.shape, tensor.values);
        Ok((tensor.name, Array::from_f32(&Device::Cpu, &shape[..], &values)))
    };
    needed.map(array).collect()
}

/// Reads a file whole, array by array, and tells which network it has the weights of.
///
/// # Errors
/// [`WeightsFileError`] where the file is damaged, or its arrays are not those of a known network.
pub fn check_weights(file: &WeightsFile) -> Result<KnownNetwork, WeightsFileError> {
    let refused = |source| WeightsFileError::Arrays {
        path: file.path().to_owned(),
        source,
    };
    let network = KnownNetwork::of_arrays(file.arrays()).map_err(refused)?;
    for index in 0..file.arrays().len() {
        let tensor = file.tensor(index)?;
        let is_finite = tensor.values.iter().all(|value| value.is_finite());
        if !is_finite && !is_ignored(&tensor.name) {
            let name = tensor.name;
            return Err(refused(ArraysError::NotFinite { network, name }));
        }
    }
    Ok(network)
}

/// The axes of outputs and inputs go last.
fn in_our_layout(shape: &[usize], values: Vec<f32>) -> (Vec<usize>, Vec<f32>) {
    let [output, input, window @ ..] = shape else {
        return (shape.to_vec(), values);
    };
    let pixels: usize = window.iter().product();
    let mut moved = Vec::with_capacity(values.len());
    for pixel in 0..pixels {
        for i in 0..*input {
            moved.extend((0..*output).map(|o| values[(o * input + i) * pixels + pixel]));
        }
    }
    let shape = [window, &[*input, *output]].concat();
    (shape, moved)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use gan_kernels::Shape;

    use super::*;

    #[test]
    fn weights_of_another_network_are_told_as_such() {
        let (network, found) = (KnownNetwork::Inception2015, KnownNetwork::Vgg16);
        let said = network_weights(network, tensors(found)).unwrap_err();
        assert_eq!(said, ArraysError::OtherNetwork { network, found });
    }

    fn tensors(network: KnownNetwork) -> Vec<Tensor> {
        let arrays = network.arrays().into_iter();
        let tensor = |array: super::super::arrays::KnownArray| Tensor {
            values: (0..array.shape.iter().product())
                .map(|value: usize| value as f32)
                .collect(),
            name: array.name,
            shape: array.shape,
        };
        arrays.map(tensor).collect()
    }

    #[test]
    fn outputs_and_inputs_go_last() {
        // [out 2, in 3, height 1, width 2], numbered in that order.
        let values = (0..12).map(|value| value as f32).collect();
        let (shape, values) = in_our_layout(&[2, 3, 1, 2], values);
        assert_eq!(shape, [1, 2, 3, 2]);
        assert_eq!(
            values,
            [0.0, 6.0, 2.0, 8.0, 4.0, 10.0, 1.0, 7.0, 3.0, 9.0, 5.0, 11.0]
        );
        let (shape, values) = in_our_layout(&[2, 3], vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!((shape, values), (vec![3, 2], vec![0.0, 3.0, 1.0, 4.0, 2.0, 5.0]));
        assert_eq!(in_our_layout(&[2], vec![1.0, 2.0]), (vec![2], vec![1.0, 2.0]));
    }

    #[test]
    fn weights_have_the_names_of_the_file_and_what_only_training_needs_is_left_out() {
        let mut tensors = tensors(KnownNetwork::InceptionTorchvision);
        let extra = |name: &str| Tensor {
            name: name.to_owned(),
            shape: vec![1],
            values: vec![f32::NAN],
        };
        tensors.push(extra("AuxLogits.conv0.conv.weight"));
        tensors.push(extra("Mixed_5b.branch1x1.bn.num_batches_tracked"));
        let weights = network_weights(KnownNetwork::InceptionTorchvision, tensors).unwrap();
        assert_eq!(weights.iter().count(), 94 * 5 + 2);
        let filter = weights.get("Mixed_6b.branch7x7_2.conv.weight");
        assert_eq!(filter.shape(), Shape::new(&[1, 7, 128, 128]));
        assert_eq!(weights.get("fc.weight").shape(), Shape::new(&[2048, 1000]));
        assert_eq!(
            weights.get("fc.bias").to_f32().unwrap()[7].to_bits(),
            7.0_f32.to_bits()
        );
    }

    #[test]
    fn a_number_that_is_none_is_refused_with_its_array() {
        let network = KnownNetwork::Inception2015;
        let mut tensors = tensors(network);
        let name = "Mixed_7c.branch_pool.bn.running_var".to_owned();
        let array = tensors.iter_mut().find(|tensor| tensor.name == name).unwrap();
        array.values[5] = f32::INFINITY;
        let error = network_weights(network, tensors).unwrap_err();
        assert_eq!(error, ArraysError::NotFinite { network, name });
    }
}
